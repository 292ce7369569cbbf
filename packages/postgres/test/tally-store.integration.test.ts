import type pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createPool } from '../src/pool.ts';
import { createTallyReader, createTallyStore } from '../src/tally-store.ts';
import type { TallyRow } from '../src/tally-store.ts';
import { createMigratedDatabase } from './scratch-database.ts';
import type { ScratchDatabase } from './scratch-database.ts';

// What is asked about lies in hours of the test's own choice; only what is pruned goes by the server's clock.
const NOW_MS = Date.UTC(2026, 10, 1, 12, 0, 30);
const MINUTE_MS = Date.UTC(2026, 10, 1, 12);

let database: ScratchDatabase;
const pools: pg.Pool[] = [];

function poolOf(role: string): pg.Pool {
  const pool = createPool({
    databaseUrl: database.url,
    applicationName: 'tidegate-tally-test',
    role,
    connectionsMax: 2,
    statementTimeoutMs: 10_000,
  });
  pools.push(pool);
  return pool;
}

function row(tenant: string, minutesAgo: number, more: Partial<TallyRow> = {}): TallyRow {
  const minuteMs = MINUTE_MS - minutesAgo * 60_000;
  return { tenant, minuteMs, what: 'type', name: 'sale', events: 1, lastAtMs: minuteMs, longestMs: 0, ...more };
}

beforeAll(async () => {
  database = await createMigratedDatabase();
});
afterAll(async () => {
  await Promise.all(pools.map(async (pool) => pool.end()));
  await database.drop();
});

it('counts of a minute add up, whoever tells them, and are summed since an instant, in the last hour, of one tenant', async () => {
  const store = createTallyStore(poolOf('tidegate_aggregator'));
  await store.add([
    row('acme', 0, { events: 4 }),
    row('acme', 5, { events: 8 }),
    row('acme', 59, { events: 16 }),
    row('acme', 90, { events: 32 }),
    row('zoo', 0, { events: 64 }),
  ]);
  await store.add([row('acme', 0, { events: 2, lastAtMs: NOW_MS }), row('acme', 0, { what: 'copies', name: '', events: 9 })]);
  const reader = createTallyReader(poolOf('tidegate_query'));
  const sums = await reader.sums('acme', { sinceMs: MINUTE_MS - 5 * 60_000, nowMs: NOW_MS });
  expect(sums.toSorted((a, b) => (a.what < b.what ? -1 : 1))).toEqual([
    { what: 'copies', name: '', events: 9, lastHour: 9, lastAtMs: MINUTE_MS },
    // 4 + 2 + 8 since five minutes ago; 16 more within the hour.
    { what: 'type', name: 'sale', events: 14, lastHour: 30, lastAtMs: NOW_MS },
  ]);
});

it('minutes of the last day stay, older ones go', async () => {
  const store = createTallyStore(poolOf('tidegate_aggregator'));
  const [now] = await database.query<{ ms: number }>('SELECT (extract(epoch FROM now()) * 1000)::float8 AS ms');
  const ofAge = (hours: number): TallyRow =>
    row('old', 0, { name: `${hours}`, minuteMs: Math.floor((now?.ms ?? 0) / 60_000 - hours * 60) * 60_000 });
  await store.add([ofAge(26), ofAge(24), ofAge(0)]);
  await store.prune();
  const left = await database.query<{ name: string }>(`SELECT name FROM stream_tally WHERE tenant = 'old' ORDER BY name`);
  expect(left.map(({ name }) => name)).toEqual(['0', '24']);
});

it('lags of older minutes are those of their hours, each once however often they are added up, and go after a week', async () => {
  const store = createTallyStore(poolOf('tidegate_aggregator'));
  const reader = createTallyReader(poolOf('tidegate_query'));
  const [now] = await database.query<{ ms: number }>('SELECT (extract(epoch FROM now()) * 1000)::float8 AS ms');
  const hourMs = Math.floor((now?.ms ?? 0) / 3_600_000) * 3_600_000;
  const lag = (hoursAgo: number, minute: number, more: Partial<TallyRow>): TallyRow =>
    row('lags', 0, { what: 'lag', name: '24', minuteMs: hourMs - hoursAgo * 3_600_000 + minute * 60_000, ...more });
  const since = async (hoursAgo: number) => {
    const sums = await reader.lags('lags', { fromMs: hourMs - hoursAgo * 3_600_000, toMs: hourMs + 3_600_000 });
    return sums.toSorted((a, b) => a.class - b.class);
  };
  await store.add([
    lag(200, 0, { events: 1_000 }),
    lag(100, 7, { events: 1, longestMs: 9 }),
    lag(100, 8, { events: 2, longestMs: 11 }),
    lag(100, 8, { name: '48', events: 4, longestMs: 97 }),
    lag(2, 30, { events: 8, longestMs: 10 }),
  ]);
  for (let again = 0; again < 2; again += 1) {
    await Promise.all([store.prune(), store.prune()]);
    expect(await since(100)).toEqual([
      { class: 24, events: 11, longestMs: 11 },
      { class: 48, events: 4, longestMs: 97 },
    ]);
  }
  const stand = 'SELECT what, count(*)::int AS rows FROM stream_tally WHERE tenant = $1 GROUP BY what ORDER BY what';
  // Two minutes of an hour became one row a class; the hour of 200 hours ago is gone.
  const rows = await database.query(stand, ['lags']);
  expect(rows).toEqual([
    { what: 'lag', rows: 1 },
    { what: 'lag_hour', rows: 2 },
  ]);
  // What could not be written for long comes to its hour later.
  await store.add([lag(100, 9, { events: 16, longestMs: 10 })]);
  await store.prune();
  expect(await since(100)).toMatchObject([{ class: 24, events: 27 }, {}]);
  // Minutes after the range are not in it, nor hours before it.
  expect(await since(3)).toEqual([{ class: 24, events: 8, longestMs: 10 }]);
  expect(await reader.lags('lags', { fromMs: hourMs - 100 * 3_600_000, toMs: hourMs - 2 * 3_600_000 })).toMatchObject([
    { class: 24, events: 19 },
    { class: 48, events: 4 },
  ]);
  // And they are no part of what the last day tells.
  const told = await reader.sums('lags', { sinceMs: hourMs - 200 * 3_600_000, nowMs: hourMs + 3_600_000 });
  expect(told).toMatchObject([{ what: 'lag', name: '24', events: 8 }]);
});

it('rejected records are counted by tenant and arrival', async () => {
  await database.query(
    `INSERT INTO rejected_event (tenant, topic, log_generation, partition, log_offset, code, path, lane, length, sha256, received_at)
     SELECT CASE WHEN n < 5 THEN 'acme' ELSE 'zoo' END, 't', 1, 0, n, 'field_missing', '', 'ingest', 1, '\\x00', to_timestamp($1::float8 / 1000) - make_interval(mins => n)
     FROM generate_series(0, 9) n`,
    [NOW_MS],
  );
  const reader = createTallyReader(poolOf('tidegate_query'));
  expect(await reader.rejectedSince('acme', NOW_MS - 3 * 60_000)).toBe(4);
});
