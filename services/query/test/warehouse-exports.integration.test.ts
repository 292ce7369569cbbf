import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import type { DuckDBConnection } from '@duckdb/node-api';
import { createPseudonymHmac } from '@tidegate/runtime';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { RunningQuery } from '../src/app.ts';
import { DAY_S } from './fixtures.ts';
import { createWorld, SECRET, until } from './world.ts';
import type { World } from './world.ts';

const PACK = {
  pack: 'wiki',
  title: 'Wikipedia edits',
  events: {
    'wiki.edit': { subject: 'optional', fields: { page: { type: 'string', dimension: true } } },
    'wiki.note': {
      subject: 'required',
      fields: { n: { type: 'decimal' }, text: { type: 'string', action: 'seal', why: 'for the tests' } },
    },
  },
  metrics: {
    'wiki.edits': { events: ['wiki.edit'], dimensions: ['page'], sets: [['page'], ['subject']], measures: { edits: { measure: 'count' } } },
  },
};
const DAY_MS = 86_400_000;
const DAYS = ['2024-09-01', '2024-09-02', '2024-09-03'] as const;
const COMPLETE = '2026-11-30T09:00:00.125Z';
const DIGITS = '90071992547409931234.50';
const pseudonymOf = createPseudonymHmac(new TextEncoder().encode(SECRET), 'acme');
const READER = { scopes: ['query:read', 'events:read'] };

const STATE = z.looseObject({
  export_id: z.string(),
  status: z.string(),
  poll_url: z.string(),
  location: z.string(),
  error_code: z.string().nullable(),
});
const JOBS = z.object({ jobs: z.array(z.looseObject({ job_id: z.string(), status: z.string(), submitted_at: z.string() })) });
const MANIFEST = z.looseObject({
  rows: z.number(),
  tables: z.array(z.looseObject({ name: z.string(), rows: z.number(), complete_through: z.string().nullable() })),
  files: z.array(
    z.object({ path: z.string(), table: z.string(), date: z.string(), rows: z.number(), bytes: z.number(), sha256: z.string() }),
  ),
});

let world: World;
let service: RunningQuery;
let folder: string;
let connection: DuckDBConnection;

/** Of two persons and of nobody, on each day. */
async function putEvents(): Promise<void> {
  let offset = 0;
  for (const day of DAYS) {
    await world.sql(`SELECT ensure_raw_day('${day}')`);
    for (const who of ['anna', 'bert', null]) {
      for (const type of ['wiki.edit', 'wiki.note']) {
        if (who === null && type === 'wiki.note') continue;
        const data = type === 'wiki.edit' ? '{"page":"=Oslo, \\"north\\""}' : `{"n":${DIGITS},"text":"tgs1.sealed"}`;
        await world.sql(`INSERT INTO raw_event (tenant, event_id, source, type, subject, occurred_at, received_at, partition, log_offset, log_generation, pack_version, data)
          VALUES ('acme', '${who ?? 'nobody'}-${type}-${day}', '', '${type}', ${who === null ? 'NULL' : `'${pseudonymOf(who)}'`},
            '${day}T23:59:59.999Z', '${day}T23:59:59.999Z', 0, ${offset++}, 1, 1, '${data}')`);
      }
    }
  }
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tidegate-warehouse-test-'));
  world = await createWorld(1);
  connection = await (await DuckDBInstance.create(':memory:', { threads: '1' })).connect();
  await putEvents();
  await world.commit({ partition: 0, page: 'Oslo', count: 3, isAnnounced: false });
  await world.commit({ partition: 0, page: 'Bergen', count: 4, isAnnounced: false });
  await world.sql(`UPDATE partition_progress SET complete_through = '${COMPLETE}'`);
  const value = { pack: 'wiki', version: 1, source: PACK, metrics: { 'wiki.edits': 1 } };
  await world.sendJson(world.topics.control, 'pack/acme/wiki', { version: 1, value });
  service = await world.start({ WAREHOUSE_FOLDER: folder });
  await until(
    async () => (await world.call(service, '/v1/metrics')).status,
    (status) => status === 200,
  );
});
afterAll(async () => {
  connection.closeSync();
  await world.close();
  await rm(folder, { recursive: true });
});

const post = (body: object, as: object = READER) => world.call(service, '/v1/exports', { as, body });
const get = (path: string, as: object = READER) => world.call(service, path, { as });
const stateOf = async (path: string) => STATE.parse(JSON.parse((await get(path)).text));

async function exported(body: object) {
  const { status, text } = await post(body);
  expect([status, text]).toEqual([202, expect.stringContaining('poll_url')]);
  const { poll_url: path } = STATE.parse(JSON.parse(text));
  const state = await until(
    () => stateOf(path),
    (seen) => !['queued', 'processing'].includes(seen.status),
    60_000,
  );
  return { path, state };
}

async function manifestOf(path: string) {
  return MANIFEST.parse(JSON.parse((await get(`${path}/manifest`)).text));
}

async function duck(sql: string): Promise<readonly unknown[][]> {
  const rows = (await connection.runAndReadAll(sql)).getRows();
  return rows.map((row) => row.map((value) => (typeof value === 'bigint' ? Number(value) : value)));
}

const RANGE = { from: DAYS[0], to: '2024-09-04' };
const READERS = { parquet: 'read_parquet', csv: 'read_csv', ndjson: 'read_json' } as const;

describe('an export to a warehouse', () => {
  test.each(['parquet', 'csv', 'ndjson'] as const)('as %s has in its manifest what DuckDB counts in its files', async (format) => {
    const { path, state } = await exported({ ...RANGE, format, events: 'all' });
    expect(state).toMatchObject({ status: 'completed', files: 6, rows: 15, error_code: null });
    const manifest = await manifestOf(path);
    const at = join(folder, state.location);
    // 3 days: an edit of each of three, a note of each of two.
    expect(manifest.tables.map(({ name, rows }) => [name, rows])).toEqual([
      ['events/wiki.edit', 9],
      ['events/wiki.note', 6],
    ]);
    expect(manifest.tables.map(({ complete_through: through }) => through)).toEqual([COMPLETE, COMPLETE]);
    for (const { path: file, rows, bytes, sha256 } of manifest.files) {
      const body = await readFile(join(at, file));
      expect([body.length, createHash('sha256').update(body).digest('hex')]).toEqual([bytes, sha256]);
      expect(await duck(`SELECT count(*) FROM ${READERS[format]}('${join(at, file)}')`)).toEqual([[rows]]);
    }
    const all = `${READERS[format]}('${at}/events/*/*/*.${format}', hive_partitioning = true)`;
    const people = await duck(`SELECT subject, count(*) FROM ${all} GROUP BY 1 ORDER BY 2, 1`);
    expect(people).toEqual([
      [null, 3],
      ...['anna', 'bert']
        .map(pseudonymOf)
        .toSorted()
        .map((subject) => [subject, 6]),
    ]);
    expect(await duck(`SELECT CAST(date AS VARCHAR), count(*) FROM ${all} GROUP BY 1 ORDER BY 1`)).toEqual(DAYS.map((day) => [day, 5]));
    // Numbers have the digits that they were sent with, and of a sealed field there is nothing.
    const texts = Buffer.concat(await Promise.all(manifest.files.map(async ({ path: file }) => readFile(join(at, file))))).toString();
    if (format !== 'parquet') expect([texts.split(DIGITS).length - 1, texts.includes('tgs1')]).toEqual([6, false]);
    const notes = await duck(`SELECT DISTINCT CAST(data AS VARCHAR) FROM read_parquet('${at}/events/wiki.note/*/*.parquet')`).catch(
      () => null,
    );
    if (format === 'parquet') expect(notes).toEqual([[`{"n":${DIGITS}}`]]);
  });

  test('of figures has what questions answer, by day, and says through when', async () => {
    const date = new Date(DAY_S * 1_000).toISOString().slice(0, 10);
    const to = new Date((DAY_S + 86_400) * 1_000).toISOString().slice(0, 10);
    const { path, state } = await exported({ from: date, to, rollups: ['wiki.edits'] });
    const manifest = await manifestOf(path);
    expect(manifest.tables).toMatchObject([
      { name: 'rollups/wiki.edits/page', metric: 'wiki.edits', metric_version: 1, group_by: ['page'], rows: 2 },
    ]);
    expect(manifest.tables[0]?.complete_through).toBe(COMPLETE);
    const files = `read_parquet('${join(folder, state.location)}/rollups/wiki.edits/page/date=${date}/*.parquet')`;
    expect(await duck(`SELECT page, edits FROM ${files} ORDER BY page`)).toEqual([
      ['Bergen', 4],
      ['Oslo', 3],
    ]);
    const got = await world.bytes(service, `${path}/files/0`, { as: READER });
    expect(createHash('sha256').update(got).digest('hex')).toBe(manifest.files[0]?.sha256);
  });

  test('is shown to whoever may see its rows, and to nobody else', async () => {
    const asked = { ...RANGE, format: 'csv', events: ['wiki.edit'] };
    expect((await post(asked, {})).status).toBe(403);
    expect((await post(asked, { ...READER, rows: { metrics: null, where: { page: ['Oslo'] }, subject: null } })).status).toBe(403);
    const { path } = await exported(asked);
    const statuses = async (as: object) =>
      Promise.all([path, `${path}/manifest`, `${path}/files/0`].map(async (at) => (await get(at, as)).status));
    expect(await statuses({ ...READER, keyId: 'another' })).toEqual([404, 404, 404]);
    // Its own key, which has lost the scope since.
    expect(await statuses({})).toEqual([200, 403, 403]);
    expect(await statuses({ scopes: ['query:read', 'events:read', 'tenant:admin'], keyId: 'another' })).toEqual([200, 200, 200]);
    expect((await get(`${path}/files/0`)).headers.get('x-tidegate-subject')).toBe('*');
    expect((await get(`${path}/files/99`)).status).toBe(404);
  });

  test('that is asked for wrongly says which member is wrong', async () => {
    const refusals = [
      [{ ...RANGE }, 'events'],
      [{ from: DAYS[2], to: DAYS[0], events: 'all' }, 'to'],
      [{ events: 'all' }, 'from'],
      [{ ...RANGE, last: '1d', events: 'all' }, 'last'],
      [{ ...RANGE, events: ['wiki.edit', 'no.such'] }, 'events.1'],
      [{ ...RANGE, rollups: ['no.such'] }, 'rollups.0'],
      [{ from: '1990-01-01', events: 'all' }, 'from'],
    ] as const;
    for (const [body, path] of refusals) {
      const { status, text } = await post(body);
      expect([status, JSON.parse(text)]).toMatchObject([422, { code: 'request_invalid', errors: [{ path }] }]);
    }
  });

  test('has nothing any more of a person who is erased, and is whole then', async () => {
    const { path, state } = await exported({ ...RANGE, format: 'ndjson', events: ['wiki.edit', 'wiki.note'] });
    const at = join(folder, state.location);
    await world.sql(`INSERT INTO erasure (request_id, tenant, subject, partition, requested_by, begun_at)
      VALUES (gen_random_uuid(), 'acme', '${pseudonymOf('bert')}', 0, 'k', now())`);
    // The edits are there still: an erasure goes from day to day.
    await world.sql(`DELETE FROM raw_event WHERE subject = '${pseudonymOf('bert')}' AND type = 'wiki.note'`);
    await world.sql('UPDATE erasure SET events_at = now()');
    await until(
      async () => world.sql('SELECT FROM erasure WHERE cache_at IS NULL'),
      (waiting) => waiting.length === 0,
      60_000,
    );
    const manifest = await manifestOf(path);
    expect(manifest.tables.map(({ rows }) => rows)).toEqual([6, 3]);
    const files = (await readdir(at, { recursive: true })).filter((name) => name.endsWith('.ndjson'));
    expect(files.toSorted()).toEqual(manifest.files.map((file) => file.path).toSorted());
    const texts = await Promise.all(files.map(async (name) => readFile(join(at, name), 'utf8')));
    expect(texts.join('').includes(pseudonymOf('bert'))).toBe(false);
    expect(
      texts
        .join('')
        .split('\n')
        .filter((line) => line !== ''),
    ).toHaveLength(9);
  });

  test('that a schedule missed is caught up by one of the instances, once, and all tell whether one is overdue', async () => {
    const today = Math.floor(Date.now() / DAY_MS);
    const dayOf = (day: number): string => new Date(day * DAY_MS).toISOString().slice(0, 10);
    // Begun and completed three days ago; since then nothing ran.
    const before = dayOf(today - 3);
    await world.sql(`INSERT INTO job_schedule (tenant, kind, name, due_at, done_at)
      VALUES ('acme', 'warehouse.export', 'nightly', '${before}T00:00Z', '${before}T00:00Z')`);
    const nightly = { name: 'nightly', tenant: 'acme', every: '1d', at: '00:00', last: '2d', format: 'csv', events: 'all' };
    const refused = { ...nightly, name: 'refused', events: ['no.such'] };
    const settings = { WAREHOUSE_FOLDER: folder, WAREHOUSE_SCHEDULES: JSON.stringify([nightly, refused]) };
    await world.sql(`INSERT INTO job_schedule (tenant, kind, name, due_at, done_at)
      VALUES ('acme', 'warehouse.export', 'refused', '${before}T00:00Z', '${before}T00:00Z')`);
    const startedAt = new Date().toISOString();
    const instances = await Promise.all([world.start(settings), world.start(settings), world.start(settings)]);
    const isAdmin = { scopes: ['query:read', 'events:read', 'tenant:admin'] };
    const listed = async () =>
      JOBS.parse(JSON.parse((await get('/v1/jobs?kind=warehouse.export&limit=100', isAdmin)).text)).jobs.filter(
        ({ submitted_at: at }) => at >= startedAt,
      );
    const overdue = async ({ metricsPort }: RunningQuery) => {
      const text = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
      return [...text.matchAll(/^scheduled_export_overdue_seconds\{[^}]*schedule="(\w+)"[^}]*\} (\S+)$/gm)].map(([, name, s]) => [
        name,
        Number(s) > 0,
      ]);
    };
    const seen = [
      ['nightly', false],
      ['refused', true],
    ];
    await until(
      async () => Promise.all(instances.map(overdue)),
      (all) => JSON.stringify(all) === JSON.stringify(instances.map(() => seen)),
      50_000,
    );
    const [job, ...others] = await listed();
    expect([job?.status, others]).toEqual(['completed', []]);
    const { text } = await get(`/v1/exports/${job?.job_id}/manifest`, isAdmin);
    // The due times of the two days before today and of today, each with two days before it.
    expect(JSON.parse(text)).toMatchObject({ from: dayOf(today - 4), to: dayOf(today), format: 'csv' });
  }, 90_000);
});
