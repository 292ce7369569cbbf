import { readdirSync } from 'node:fs';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { asEverybody, asPerson, createPool, migrate } from '../src/index.ts';
import { inTransaction, SNAPSHOT } from '../src/in-transaction.ts';
import { createScratchDatabase } from './scratch-database.ts';
import type { ScratchDatabase } from './scratch-database.ts';

const SHIPPED = fileURLToPath(new URL('../migrations/', import.meta.url));
const ANNA = { tenant: 'acme', subject: 'anna' };
const BERIT = { tenant: 'acme', subject: 'berit' };

/** Every table that holds rows of persons, and whose a row is. `docs/design/row-policies.md` lists the same. */
const HELD: Readonly<Record<string, string>> = {
  raw_event: `tenant || '/' || subject`,
  series: `tenant || '/' || subject`,
  cell: `encode(state, 'escape')`,
  cell_drift: `tenant || '/' || subject`,
  insight_finding: `tenant || '/' || subject`,
  erasure: `tenant || '/' || subject`,
  person_key: `tenant || '/' || subject`,
  person_export: `tenant || '/' || subject`,
  person_export_part: `encode(sealed, 'escape')`,
  audit_record: `tenant || '/' || (record ->> 'subject')`,
  '"entity.old.goal"': `_tenant || '/' || _subject`,
  '"entity.new.goal"': `_tenant || '/' || _subject`,
};

/** What may be read for a person and is held to nobody, with why. */
const NOBODYS: Readonly<Record<string, string>> = {
  ...{ partition_progress: 'how far things are counted', partition_task: 'the same', log_gap: 'the same', ended_log: 'the same' },
  ...{ arrival_day: 'days', raw_day: 'days', raw_pruned: 'days', raw_archive: 'days' },
  ...{ cell_floor: 'how long figures are kept', restated_bucket: 'hours', stream_tally: 'counts by event type' },
  ...{ dimension_budget: 'values of dimensions', dimension_value: 'the same: a pack says which fields are' },
  ...{ rejected_event: 'names nobody: what was refused is sealed', rejected_beyond: 'counts' },
  job: 'whoever asked for it is told of it, and its parameters and results are sealed',
};

/** What the query service may read beside that and no route reads for a person. */
const NOT_FOR_PERSONS = ['audit_chain', 'audit_position', 'erasure_count', 'recount_request', 'warehouse_export', 'warehouse_file'];

let database: ScratchDatabase;
let pool: pg.Pool;

beforeAll(async () => {
  database = await createScratchDatabase();
  // As an older release left it: with the table of an entity that has no policy.
  const older = await mkdtemp(join(tmpdir(), 'tidegate-migrations-'));
  const own = Number(
    readdirSync(SHIPPED)
      .find((name) => name.endsWith('-rows-of-a-person.sql'))
      ?.slice(0, 4),
  );
  await cp(SHIPPED, older, { recursive: true, filter: (source) => !(Number(basename(source).slice(0, 4)) >= own) });
  await migrate({ databaseUrl: database.url, directory: older });
  await ensureEntity('old');
  await migrate({ databaseUrl: database.url });
  await rm(older, { recursive: true });
  await ensureEntity('new');
  await database.query(`SELECT ensure_raw_day('2026-11-30')`);
  for (const [tenant, subject] of [Object.values(ANNA), Object.values(BERIT), ['other', 'anna']]) await seed(`${tenant}`, `${subject}`);
  await seedNobody();
  pool = poolOf({ connectionsMax: 1 });
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

function poolOf(options: Partial<Parameters<typeof createPool>[0]>): pg.Pool {
  const all = { databaseUrl: database.url, applicationName: 'test', connectionsMax: 2, statementTimeoutMs: 10_000 };
  return createPool({ ...all, role: 'tidegate_query', holdsToPerson: true, ...options });
}

async function ensureEntity(pack: string): Promise<void> {
  const made = await database.query(`SELECT ensure_entity_table($1, 'goal', ARRAY['status.text'], ARRAY['status.text,']) AS outcome`, [
    pack,
  ]);
  expect(made).toEqual([{ outcome: 'ok' }]);
}

async function seed(tenant: string, subject: string): Promise<void> {
  const whose = `${tenant}/${subject}`;
  const [{ id } = { id: '' }] = await database.query<{ id: string }>('SELECT gen_random_uuid() AS id');
  const rows: readonly (readonly [text: string, values: readonly unknown[]])[] = [
    [
      `INSERT INTO raw_event (tenant, event_id, source, type, subject, occurred_at, received_at, partition, log_offset, log_generation, pack_version, data)
       VALUES ($1, 'e', '', 't', $2, '2026-11-30T10:00:00Z', '2026-11-30T10:00:00Z', 0, 1, 1, 1, '{}')`,
      [tenant, subject],
    ],
    [`INSERT INTO series VALUES ($1, $2, 'wiki.edits', 1, 1, $3, '{}')`, [id, tenant, subject]],
    [`INSERT INTO cell VALUES ($1, 2, 0, 0, $2, 1, 1, 0)`, [id, Buffer.from(whose)]],
    [
      `INSERT INTO cell_drift (series_id, tenant, metric, version, subject, dims, grain, bucket_s, partition, kind)
       VALUES ($1, $2, 'wiki.edits', 1, $3, '{}', 2, 0, 0, 'missing')`,
      [id, tenant, subject],
    ],
    [
      `INSERT INTO insight_finding (tenant, subject, pack, insight, finding_id, rule, about, finding, created_at, seen_at)
       VALUES ($1, $2, 'wiki', 'i', $3, 'r', '', '{}', now(), now())`,
      [tenant, subject, id],
    ],
    [`INSERT INTO erasure (request_id, tenant, subject, partition, requested_by) VALUES ($1, $2, $3, 0, 'k')`, [id, tenant, subject]],
    [
      `INSERT INTO person_key (tenant, subject, key_id, field_key_id, wrapped) VALUES ($1, $2, $3, $3, '\\x00')`,
      [tenant, subject, Buffer.alloc(8)],
    ],
    [`INSERT INTO person_export (export_id, tenant, subject, format) VALUES ($1, $2, $3, 'json')`, [id, tenant, subject]],
    [`INSERT INTO person_export_part VALUES ($1, 0, $2)`, [id, Buffer.from(whose)]],
    [
      `INSERT INTO audit_record (tenant, no, kept_at, record, prev_hash, hash, signature)
       SELECT $1, 1 + count(*), now(), json_build_object('subject', $2::text), $3, $3, $3 FROM audit_record WHERE tenant = $1`,
      [tenant, subject, Buffer.alloc(32)],
    ],
    ...['old', 'new'].map((pack): readonly [string, readonly unknown[]] => [
      `INSERT INTO "entity.${pack}.goal" VALUES ($1, $2, 'g', now(), now(), true, 0, '\\x00', 'open')`,
      [tenant, subject],
    ]),
  ];
  for (const [text, values] of rows) await database.query(text, values);
}

/** Rows of all persons together, and of what is none of a person's. */
async function seedNobody(): Promise<void> {
  await database.query(`INSERT INTO series VALUES (gen_random_uuid(), 'acme', 'wiki.edits', 1, 0, '', '{}')`);
  await database.query(
    `INSERT INTO raw_event (tenant, event_id, source, type, subject, occurred_at, received_at, partition, log_offset, log_generation, pack_version, data)
     VALUES ('acme', 'n', '', 't', NULL, '2026-11-30T10:00:00Z', '2026-11-30T10:00:00Z', 0, 2, 1, 1, '{}')`,
  );
}

/** Whose rows a statement without any condition gives. */
async function whose(on: pg.Pool | pg.ClientBase, table: string): Promise<readonly unknown[]> {
  const { rows } = await on.query<{ whose: string }>(`SELECT ${HELD[table]} AS whose FROM ${table} ORDER BY 1`);
  return rows.map((row) => row.whose);
}

describe.each(Object.keys(HELD))('%s', (table) => {
  test('has no row but the person’s for who reads for a person, though the statement asks for all', async () => {
    expect(await asPerson(ANNA, () => whose(pool, table))).toEqual(['acme/anna']);
    expect(await asPerson({ tenant: 'other', subject: 'anna' }, () => whose(pool, table))).toEqual(['other/anna']);
    expect(await asPerson({ ...ANNA, subject: 'nobody' }, () => whose(pool, table))).toEqual([]);
    // No person has an empty name: rows of everybody together are not theirs.
    expect(await asPerson({ ...ANNA, subject: '' }, () => whose(pool, table))).not.toContain('acme/anna');
  });

  test('is read whole for everybody else, within the same work too', async () => {
    expect(await whose(pool, table)).toEqual(expect.arrayContaining(['acme/anna', 'acme/berit', 'other/anna']));
    const within = await asPerson(ANNA, () => asEverybody(() => whose(pool, table)));
    expect(within).toEqual(await whose(pool, table));
  });

  test('gives nothing to a session that does not say whose rows it reads', async () => {
    const silent = poolOf({ role: 'tidegate_person', connectionsMax: 1, holdsToPerson: false });
    if (table === 'raw_event') await expect(whose(silent, table)).rejects.toMatchObject({ code: '42501' });
    else expect(await whose(silent, table)).toEqual([]);
    await silent.end();
  });
});

describe('the work for a person', () => {
  const AS = `SELECT current_user AS role, current_setting('tidegate.subject', true) AS subject`;

  test('is held in a snapshot too, in the message that begins it, and leaves nothing in the session', async () => {
    const sent: string[] = [];
    const watched = poolOf({ connectionsMax: 1 });
    watched.on('connect', (client) => {
      const ask = client.query.bind(client) as (...given: unknown[]) => unknown;
      Reflect.set(client, 'query', (...given: unknown[]) => {
        sent.push(String(typeof given[0] === 'string' ? given[0] : Reflect.get(given[0] as object, 'text')));
        return ask(...given);
      });
    });
    const read = (client: pg.ClientBase) => whose(client, 'raw_event');
    expect(await asPerson(ANNA, () => inTransaction(watched, read, { begin: SNAPSHOT }))).toEqual(['acme/anna']);
    expect(sent).toEqual([SNAPSHOT, expect.stringContaining('FROM raw_event'), 'COMMIT']);
    expect((await watched.query(AS)).rows).toEqual([{ role: 'tidegate_query', subject: '' }]);
    expect(await inTransaction(watched, read, { begin: SNAPSHOT })).toHaveLength(4);
    await watched.end();
  });

  test('is nobody else’s, however many wait for one connection at once', async () => {
    const asked = Array.from({ length: 60 }, (_, at) => [ANNA, BERIT, null][at % 3] ?? null);
    const seen = await Promise.all(
      asked.map(async (person, at) => {
        const ask = async () => (at % 2 === 0 ? pool.query(AS) : inTransaction(pool, async (client) => client.query(AS)));
        return (await (person === null ? ask() : asPerson(person, ask))).rows[0] as { role: string; subject: string };
      }),
    );
    expect(seen.map(({ role, subject }) => [role, role === 'tidegate_query' ? null : subject])).toEqual(
      asked.map((person) => (person === null ? ['tidegate_query', null] : ['tidegate_person', person.subject])),
    );
  });

  test('writes no row of another', async () => {
    const put = (subject: string) =>
      pool.query(
        `INSERT INTO insight_finding (tenant, subject, pack, insight, finding_id, rule, about, finding, created_at, seen_at)
         VALUES ('acme', $1, 'wiki', 'w', gen_random_uuid(), $1, '', '{}', now(), now())`,
        [subject],
      );
    await asPerson(BERIT, () => put('berit'));
    await expect(asPerson(BERIT, () => put('anna'))).rejects.toMatchObject({ code: '42501' });
    const { rowCount } = await asPerson(BERIT, () => pool.query(`UPDATE insight_finding SET about = 'x' WHERE subject = 'anna'`));
    expect(rowCount).toBe(0);
  });

  test('does not reach past the view of raw events to their table', async () => {
    await expect(asPerson(ANNA, () => pool.query('SELECT FROM public.raw_event'))).rejects.toMatchObject({ code: '42501' });
    const columns = (schema: string) =>
      database.query(
        `SELECT column_name AS name FROM information_schema.columns WHERE table_name = 'raw_event' AND table_schema = $1 ORDER BY 1`,
        [schema],
      );
    expect(await columns('public_of_person')).toEqual(await columns('public'));
  });
});

test('no statement of any other role is planned otherwise than without policies', async () => {
  for (const table of Object.keys(HELD)) {
    const { rows } = await pool.query<Record<string, string>>(`EXPLAIN (VERBOSE) SELECT FROM ${table}`);
    expect(rows.map((row) => Object.values(row)[0]).join('\n')).not.toMatch(/Filter|InitPlan|SubPlan/);
  }
});

test('every table that may be read for a person is held to the person, or listed with why not; and nothing else is missing', async () => {
  const readableBy = async (role: string) =>
    (
      await database.query<{ name: string }>(
        `SELECT c.relname AS name FROM pg_class c
         WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace AND has_table_privilege($1, c.oid, 'SELECT') ORDER BY 1`,
        [role],
      )
    ).map(({ name }) => name);
  const held = await database.query<{ name: string }>(
    `SELECT c.relname AS name FROM pg_class c WHERE c.relrowsecurity
       AND (SELECT count(*) FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname IN ('of_everybody', 'of_person')) = 2 ORDER BY 1`,
  );
  const tables = Object.keys(HELD).map((table) => table.replaceAll('"', ''));
  expect(held.map(({ name }) => name)).toEqual(tables.filter((table) => table !== 'raw_event').toSorted());
  const forPersons = await readableBy('tidegate_person');
  expect(forPersons).toEqual([...held.map(({ name }) => name), ...Object.keys(NOBODYS)].toSorted());
  const missing = (await readableBy('tidegate_query')).filter((name) => !forPersons.includes(name));
  expect(missing).toEqual([...NOT_FOR_PERSONS, 'raw_event'].toSorted());
  // Whatever tells a person by a column of that name.
  const ofPersons = await database.query<{ name: string }>(
    `SELECT DISTINCT table_name AS name FROM information_schema.columns
     WHERE table_schema = 'public' AND column_name IN ('subject', '_subject') AND table_name NOT LIKE 'raw_event_%' ORDER BY 1`,
  );
  // Read by the gateway alone, which signs people in by it.
  expect(ofPersons.map(({ name }) => name).filter((name) => !tables.includes(name))).toEqual(['user_account']);
});
