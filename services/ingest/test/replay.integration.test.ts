import { randomBytes, randomUUID } from 'node:crypto';
import { createBulkRejected, createPool, migrate } from '@tidegate/postgres';
import { testServers } from '@tidegate/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { IngestFixture } from './ingest-fixture.ts';
import { event, idsOf, send, startFixture, topics } from './ingest-fixture.ts';
import { firstRecord, storedRecords } from './stored-records.ts';

const name = `tidegate_replay_${randomBytes(4).toString('hex')}`;
const { databaseUrl } = testServers();
const url = Object.assign(new URL(databaseUrl), { pathname: `/${name}` }).toString();
const poolOf = (at: string, role?: string) =>
  createPool({
    databaseUrl: at,
    applicationName: 'test',
    connectionsMax: 1,
    statementTimeoutMs: 10_000,
    ...(role === undefined ? {} : { role }),
  });
const server = poolOf(databaseUrl);
let database: ReturnType<typeof poolOf>;
let asIngest: ReturnType<typeof poolOf>;
let fixture: IngestFixture;

beforeAll(async () => {
  await server.query(`CREATE DATABASE ${name}`);
  await migrate({ databaseUrl: url });
  database = poolOf(url);
  asIngest = poolOf(url, 'tidegate_ingest');
  fixture = await startFixture({ databaseUrl: url });
});

afterAll(async () => {
  await fixture.app.stop();
  await database.end();
  await asIngest.end();
  await server.query(`DROP DATABASE ${name} WITH (FORCE)`);
  await server.end();
});

test('ingest replays a row of Postgres through its own role, and the row says so from then on', async () => {
  await send(fixture.app, event('e-1', '"item":"a","count":-1'));
  const { value, partition, header } = firstRecord(fixture.broker, topics.rejected);
  await database.query(
    `INSERT INTO rejected_event (tenant, topic, log_generation, partition, log_offset, code, path, lane, length, sha256, sealed, received_at)
     VALUES ('acme', $1, 1, $2, 0, $3, $4, 'ingest', $5, '\\x00', $6, now())`,
    [topics.rejected, partition, header('code').toString(), header('path').toString(), Number(header('length').toString()), value],
  );
  const replay = (body: string) => send(fixture.app, body, { path: `/v1/rejected/i-1-${partition}-0/replay`, type: 'application/json' });
  const rowIs = async () => (await database.query('SELECT attempts, code, state, receipt FROM rejected_event')).rows;

  expect((await replay('')).status).toBe(422);
  expect(await rowIs()).toEqual([{ attempts: 2, code: 'field_out_of_range', state: 'open', receipt: null }]);
  const answer = await replay(event('e-1'));
  expect(answer.status).toBe(202);
  expect(await rowIs()).toEqual([{ attempts: 2, code: 'field_out_of_range', state: 'replayed', receipt: answer.body['receipt'] }]);
  expect((await replay('')).body['receipt']).toBe(answer.body['receipt']);
  expect(idsOf(storedRecords(fixture.broker, topics.events))).toEqual(['e-1']);
});

test('ingest takes a bulk replay as a job and works on it, through the roles of both', async () => {
  const ids = Array.from({ length: 450 }, (_, i) => `bulk-${i}`);
  await send(fixture.app, ids.map((id, i) => event(id, i === 7 ? '"count":1' : '"item":"a","count":-1')).join('\n'));
  const records = storedRecords(fixture.broker, topics.rejected);
  await database.query(
    `INSERT INTO rejected_event (tenant, topic, log_generation, partition, log_offset, code, path, lane, length, sha256, sealed, received_at)
     SELECT 'acme', $1, 1, u.*, now() - interval '1 second'
     FROM unnest($2::int[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::bytea[], $9::bytea[]) AS u
     ON CONFLICT DO NOTHING`,
    [
      topics.rejected,
      ...[records.map(({ partition }) => partition), records.map(({ offset }) => offset)],
      ...['code', 'path', 'lane'].map((name) => records.map(({ headers }) => Buffer.from(headers.get(name) ?? []).toString())),
      records.map(({ headers }) => Number(Buffer.from(headers.get('length') ?? []).toString())),
      records.map(({ headers }) => headers.get('sha256')),
      records.map(({ value }) => value),
    ],
  );
  const before = storedRecords(fixture.broker, topics.events).length;
  const job = await send(fixture.app, '{"code":"field_out_of_range","correction":{"data":{"count":3}}}', {
    ...{ path: '/v1/rejected/replay', type: 'application/json' },
  });
  expect(job).toMatchObject({ status: 202, body: { kind: 'rejected.replay', status: 'queued' } });
  const rowOfJob = async () =>
    (await database.query('SELECT state, result FROM job WHERE job_id = $1', [job.body['job_id']])).rows[0] as unknown;
  await expect.poll(rowOfJob, { interval: 100 }).toMatchObject({ state: 'completed' });
  expect(await rowOfJob()).toMatchObject({ result: { done: 449, total: 449, replayed: 449, refused: 0, differ: 0 } });
  const sent = idsOf(storedRecords(fixture.broker, topics.events)).slice(before - 1);
  expect(storedRecords(fixture.broker, topics.events)).toHaveLength(before + 449);
  expect(new Set(sent)).toContain('bulk-0');
  const rows = await database.query(
    `SELECT state, count(*)::int, count(DISTINCT receipt)::int AS receipts, max(attempts) AS attempts FROM rejected_event WHERE path <> 'data.item' AND attempts < 2 GROUP BY 1`,
  );
  expect(rows.rows).toEqual([{ state: 'replayed', count: 449, receipts: 449, attempts: 1 }]);

  // Refused by a job: one attempt more. Not two when its attempt comes again, and none where it had three.
  const bulk = createBulkRejected(asIngest, { ingest: topics.rejected, events: topics.events, backfill: topics.backfill });
  const stateOf = async () =>
    (await database.query(`SELECT state, attempts, refused_by FROM rejected_event WHERE path = 'data.item'`)).rows;
  const submit = async () =>
    (await send(fixture.app, '{"code":"field_missing"}', { path: '/v1/rejected/replay', type: 'application/json' })).body['job_id'];
  const first = String(await submit());
  await expect.poll(stateOf, { interval: 100 }).toEqual([{ state: 'open', attempts: 2, refused_by: first }]);
  const asked = { tenant: 'acme', sinceMs: null, untilMs: Date.now() + 60_000, code: 'field_missing' };
  const [row] = await bulk.page({ ...asked, after: null, jobId: randomUUID(), rowsMax: 10 });
  if (row === undefined) throw new Error('the row is not open');
  expect(await bulk.page({ ...asked, after: null, jobId: first, rowsMax: 10 })).toEqual([]);
  await bulk.raise('acme', [row], first);
  expect(await stateOf()).toEqual([{ state: 'open', attempts: 2, refused_by: first }]);
  await bulk.raise('other', [row], randomUUID());
  expect(await stateOf()).toEqual([{ state: 'open', attempts: 2, refused_by: first }]);
  const other = randomUUID();
  await bulk.raise('acme', [row], other);
  expect(await stateOf()).toEqual([{ state: 'open', attempts: 3, refused_by: other }]);
  expect(await bulk.page({ ...asked, after: null, jobId: first, rowsMax: 10 })).toEqual([]);
  expect(await bulk.count(asked)).toBe(0);
}, 60_000);
