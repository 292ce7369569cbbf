import { randomBytes } from 'node:crypto';
import { createPersonKeyStore, createPool, migrate } from '@tidegate/postgres';
import { createTcpProxy, testServers, type TcpProxy } from '@tidegate/testkit';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { IngestFixture } from './ingest-fixture.ts';
import { event, send, startFixture, topics } from './ingest-fixture.ts';
import { applyPeople, eventOf, joined, opened } from './sealed-people.ts';
import { storedRecords } from './stored-records.ts';

const name = `tidegate_seal_${randomBytes(4).toString('hex')}`;
const { databaseUrl } = testServers();
const url = Object.assign(new URL(databaseUrl), { pathname: `/${name}` });
const poolOf = (at: string) => createPool({ databaseUrl: at, applicationName: 'test', connectionsMax: 1, statementTimeoutMs: 10_000 });
const server = poolOf(databaseUrl);
let database: ReturnType<typeof poolOf>;
let proxy: TcpProxy;
const fixtures: IngestFixture[] = [];

beforeAll(async () => {
  await server.query(`CREATE DATABASE ${name}`);
  await migrate({ databaseUrl: url.toString() });
  database = poolOf(url.toString());
  proxy = await createTcpProxy({ host: url.hostname, port: Number(url.port) });
});

afterAll(async () => {
  for (const { app } of fixtures) await app.stop();
  await proxy.close();
  await database.end();
  await server.query(`DROP DATABASE ${name} WITH (FORCE)`);
  await server.end();
});

/** An ingest whose Postgres can be taken away. */
async function startIngest(): Promise<IngestFixture> {
  const throughProxy = Object.assign(new URL(url), { hostname: '127.0.0.1', port: String(proxy.port) }).toString();
  const fixture = await startFixture({ databaseUrl: throughProxy });
  fixtures.push(fixture);
  await applyPeople(fixture);
  const warm = () => send(fixture.app, joined('warm', 'warm', '"room":"a"'));
  await vi.waitFor(async () => expect((await warm()).status).toBe(202), { timeout: 20_000 });
  return fixture;
}

const recordsOf = (fixture: IngestFixture) =>
  storedRecords(fixture.broker, topics.events)
    .map(eventOf)
    .filter(({ id }) => id !== 'warm');

test('two ingests that meet the same new persons at once seal with the same keys, through the role of ingest', async () => {
  const [one, two] = [await startIngest(), await startIngest()];
  const people = Array.from({ length: 200 }, (_, i) => `p${i}`);
  const body = people.map((person) => joined(person, person)).join('\n');
  const answers = await Promise.all([one, two].map(({ app }) => send(app, body)));
  expect(answers.map(({ status, body: { accepted } }) => [status, accepted])).toEqual([
    [202, 200],
    [202, 200],
  ]);
  const records = [...recordsOf(one), ...recordsOf(two)];
  const holders = [...new Set(records.map(({ subject }) => subject))].map((subject) => ({ tenant: 'acme', subject }));
  const rows = new Map((await createPersonKeyStore(database).find(holders)).map((row) => [`acme/${row.subject}`, row]));
  expect(rows.size).toBe(200);
  expect(records).toHaveLength(400);
  expect(records.filter((record) => opened(record, 'email', rows) !== `"${record.id}@example.org"`)).toEqual([]);
});

test(
  'while Postgres is stopped only events that need a new key are retry; sent again once it is back, they count',
  { timeout: 60_000 },
  async () => {
    const fixture = await startIngest();
    expect((await send(fixture.app, joined('k', 'known'))).status).toBe(202);
    await proxy.cut();
    const body = [joined('a', 'fresh'), joined('b', 'known'), event('c')].join('\n');
    for (let i = 0; i < 3; i += 1) {
      const answer = await send(fixture.app, body);
      expect(answer).toMatchObject({ status: 207, body: { accepted: 2, rejected: [], retry: [{ index: 0, id: 'a' }] } });
    }
    const metrics = await (await fetch(`http://127.0.0.1:${fixture.app.metricsPort}/metrics`)).text();
    expect(metrics).toMatch(/^degraded\{.*reason="person_keys".*\} 1$/m);
    await proxy.restore();
    await vi.waitFor(async () => expect((await send(fixture.app, joined('a', 'fresh'))).status).toBe(202), {
      timeout: 20_000,
      interval: 100,
    });
    expect(recordsOf(fixture).filter(({ id }) => id === 'a')).toHaveLength(1);
    expect(await (await fetch(`http://127.0.0.1:${fixture.app.metricsPort}/metrics`)).text()).toMatch(
      /^degraded\{.*reason="person_keys".*\} 0$/m,
    );
  },
);
