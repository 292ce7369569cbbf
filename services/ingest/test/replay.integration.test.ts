import { randomBytes } from 'node:crypto';
import { createPool, migrate } from '@tidegate/postgres';
import { testServers } from '@tidegate/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { IngestFixture } from './ingest-fixture.ts';
import { event, idsOf, send, startFixture, topics } from './ingest-fixture.ts';
import { firstRecord, storedRecords } from './stored-records.ts';

const name = `tidegate_replay_${randomBytes(4).toString('hex')}`;
const { databaseUrl } = testServers();
const url = Object.assign(new URL(databaseUrl), { pathname: `/${name}` }).toString();
const poolOf = (at: string) => createPool({ databaseUrl: at, applicationName: 'test', connectionsMax: 1, statementTimeoutMs: 10_000 });
const server = poolOf(databaseUrl);
let database: ReturnType<typeof poolOf>;
let fixture: IngestFixture;

beforeAll(async () => {
  await server.query(`CREATE DATABASE ${name}`);
  await migrate({ databaseUrl: url });
  database = poolOf(url);
  fixture = await startFixture({ databaseUrl: url });
});

afterAll(async () => {
  await fixture.app.stop();
  await database.end();
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
