import { createPgStore, createPool, createRetentionStore } from '@tidegate/postgres';
import type { RawIndex } from '@tidegate/postgres';
import { createMigratedDatabase } from '@tidegate/postgres/scratch';
import type { ScratchDatabase } from '@tidegate/postgres/scratch';
import { createMetrics, silentLogger } from '@tidegate/telemetry';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { maintainOnce } from '../src/maintain.ts';

// Indexes that RAW_INDEXES asks for on closed days, by the maintenance on real Postgres, as its role.

const DAY_MS = 86_400_000;
const TODAY = Math.floor(Date.now() / DAY_MS);
const NOW_MS = TODAY * DAY_MS + DAY_MS / 2;
const ROWS = 20_000;
const signal = new AbortController().signal;
let database: ScratchDatabase;
let retention: ReturnType<typeof createRetentionStore>;
let store: ReturnType<typeof createPgStore>;

const dateOf = (day: number): string => new Date(day * DAY_MS).toISOString().slice(0, 10);
const tableOf = (day: number): string => `raw_event_${dateOf(day).replaceAll('-', '')}`;

beforeAll(async () => {
  database = await createMigratedDatabase();
  const shared = { databaseUrl: database.url, role: 'tidegate_aggregator' };
  retention = createRetentionStore(shared);
  store = createPgStore({ ...shared, applicationName: 'tidegate-raw-indexes-test' });
  await store.ensureRawDays([TODAY - 3, TODAY - 2, TODAY]);
  const lane = { startOffset: 0, topicId: 'c/t' };
  await store.claim([{ partition: 0, live: lane, backfill: lane, rejected: lane }], new Uint8Array(16));
  await database.query('UPDATE partition_progress SET complete_through = $1', [new Date(NOW_MS).toISOString()]);
  for (const day of [TODAY - 3, TODAY - 2, TODAY]) await fill(day);
});
afterAll(async () => {
  await retention?.close();
  await store?.close();
  await database?.drop();
});

/** Each hundredth row fails with 503, each has a page of 500, each tenth is of another type. Three are odd, and of these no status counts. */
async function fill(day: number): Promise<void> {
  const at = new Date(day * DAY_MS).toISOString();
  await database.query(
    `INSERT INTO raw_event SELECT 'acme', 'e' || n, '', CASE WHEN n % 10 = 0 THEN 'page.view' ELSE 'api.call' END, 'p' || n % 50, $1::timestamptz + n * interval '4 s', $1, 0, n, 1, 1,
       json_build_object('page', '/p/' || n % 500, 'status_code', CASE WHEN n % 100 = 0 THEN 503 ELSE 200 END)
     FROM generate_series(1, ${ROWS}) n`,
    [at],
  );
  for (const data of [
    '{"status_code":"5e2","page":"a\\u0000b"}',
    '{"status_code":9000,"page":"\\ud800"}',
    '{"n":1e400000,"status_code":{}}',
  ])
    await database.query(`INSERT INTO raw_event VALUES ('acme', 'odd', '', 'api.call', 'p', $1, $1, 0, 1, 1, 1, $2)`, [at, data]);
}

async function maintain(rawIndexes: readonly RawIndex[], turns = 1): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1)
    await maintainOnce(
      {
        ...{ store: retention, packs: () => [], archivedOnly: true, rawIndexes, holder: 'one', everyMs: 60_000 },
        defaults: {
          ...{ rawDays: 30, rawDaysMin: 9, rejectedDays: 30, listDays: 400 },
          cellDays: { minute: 3, quarter_hour: null, hour: null, day: null },
        },
        ...{ sleep: async () => undefined, clock: { nowMs: () => NOW_MS, monotonicMs: () => 0 } },
        ...{ metrics: createMetrics('aggregator'), log: silentLogger },
      },
      signal,
    );
}

async function indexesOf(day: number): Promise<readonly string[]> {
  const rows = await database.query<{ name: string; valid: boolean }>(
    'SELECT indexrelid::regclass::text AS name, indisvalid AS valid FROM pg_index WHERE indrelid = $1::regclass ORDER BY 1',
    [tableOf(day)],
  );
  expect(rows.every(({ valid }) => valid)).toBe(true);
  return rows.map(({ name }) => name.replace(/^raw_event_\d+_/, ''));
}

const EACH = ['id', 'partition_log_offset_idx', 'subject', 'type'];

it('closed days get the indexes that are asked for, one a turn, the newest day first; an open one gets none', async () => {
  await maintain(['time', 'errors']);
  expect([await indexesOf(TODAY - 2), await indexesOf(TODAY - 3)]).toEqual([[...EACH, 'time'].toSorted(), EACH]);
  await maintain(['time', 'errors'], 3);
  const asked = [...EACH, 'errors', 'time'].toSorted();
  expect([await indexesOf(TODAY - 2), await indexesOf(TODAY - 3)]).toEqual([asked, asked]);
  // Asked for later, a kind comes to days that were closed before; what is asked for no more stays.
  await maintain(['properties'], 3);
  const all = [...asked, 'properties'].toSorted();
  expect([await indexesOf(TODAY - 2), await indexesOf(TODAY - 3)]).toEqual([all, all]);
  expect(await indexesOf(TODAY)).toEqual(['partition_log_offset_idx']);
});

it.each([
  // 3,600 s at one call each 4 s, both ends with them: the calls 900 to 1,800.
  ['time', `occurred_at BETWEEN $1::timestamptz + interval '1 h' AND $1::timestamptz + interval '2 h'`, 901],
  ['errors', `raw_status(data) >= 500 AND occurred_at < $1::timestamptz + interval '30 days'`, ROWS / 100],
  ['properties', `raw_properties(data) @> '{"page": "/p/7"}' AND $1::timestamptz IS NOT NULL`, ROWS / 500],
  ['subject', `subject = 'p7' AND occurred_at > $1::timestamptz`, ROWS / 50],
  // Each tenth of 900 to 1,800.
  ['type', `type = 'page.view' AND occurred_at BETWEEN $1::timestamptz + interval '1 h' AND $1::timestamptz + interval '2 h'`, 91],
])('the index by %s finds its rows', async (kind, where, count) => {
  const table = tableOf(TODAY - 2);
  await database.query(`ANALYZE ${table}`);
  const from = new Date((TODAY - 2) * DAY_MS).toISOString();
  const condition = `tenant = 'acme' AND ${where.replaceAll('$1', `'${from}'`)}`;
  const plan = await database.query<Record<string, string>>(`EXPLAIN SELECT event_id FROM ${table} WHERE ${condition}`);
  expect(plan.flatMap(Object.values).join('\n')).toContain(` ${table}_${kind}`);
  expect(await database.query(`SELECT count(*)::int AS n FROM ${table} WHERE ${condition}`)).toEqual([{ n: count }]);
});

it('waits while somebody changes the day or an owner has a task, and leaves nothing that is half made', async () => {
  await store.ensureRawDays([TODAY - 4]);
  await maintain([]);
  await database.query(`INSERT INTO partition_task (partition, kind, spec) VALUES (0, 'recount', '{}')`);
  await maintain(['time']);
  expect(await indexesOf(TODAY - 4)).toEqual(EACH);
  await database.query(`UPDATE partition_task SET state = 'done'`);
  const pool = createPool({ databaseUrl: database.url, applicationName: 'test', connectionsMax: 1, statementTimeoutMs: 10_000 });
  const changing = await pool.connect();
  await changing.query(`BEGIN; DELETE FROM ${tableOf(TODAY - 4)} WHERE event_id = 'of nobody'`);
  expect(await retention.indexRawDay(TODAY - 4, 'time')).toBe('in_use');
  await changing.query('ROLLBACK');
  changing.release();
  await pool.end();
  expect(await retention.indexRawDay(TODAY, 'time')).toBe('absent');
  expect(await retention.indexRawDay(TODAY - 4, 'time')).toBe('made');
  expect(await retention.indexRawDay(TODAY - 4, 'time')).toBe('there');
  expect(await indexesOf(TODAY - 4)).toEqual([...EACH, 'time'].toSorted());
});
