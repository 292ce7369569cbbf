import { afterAll, beforeAll, expect, it } from 'vitest';
import { createNewestReader } from '../src/newest-reader.ts';
import type { NewestAsk, NewestReader } from '../src/newest-reader.ts';
import { createPool } from '../src/pool.ts';
import { createMigratedDatabase } from './scratch-database.ts';
import type { ScratchDatabase } from './scratch-database.ts';

const [CLOSED, OPEN] = ['2026-11-19', '2026-11-20'];
const OFFSETS = 100;
const ASK: NewestAsk = {
  ...{ tenant: 'acme', types: ['sale', 'visit'], fromMs: Date.parse(`${CLOSED}T00:00:00Z`), toMs: Date.parse('2026-11-21T00:00:00Z') },
  ...{ subject: null, rowsOfTypeMax: 100, rowsMax: 100 },
};

let database: ScratchDatabase;
let pool: ReturnType<typeof createPool>;
let reader: NewestReader;

interface Put {
  readonly id: string;
  readonly at: string;
  readonly offset: number;
  readonly arrived?: string;
  readonly tenant?: string;
  readonly type?: string;
  readonly subject?: string | null;
  readonly isBackfill?: boolean;
}

async function put({
  id,
  at,
  offset,
  arrived = at,
  tenant = 'acme',
  type = 'sale',
  subject = 'p',
  isBackfill = false,
}: Put): Promise<void> {
  await database.query(
    `INSERT INTO raw_event (tenant, event_id, source, type, subject, occurred_at, received_at, partition, log_offset, log_generation, pack_version, data, is_backfill)
     VALUES ($1, $2, '', $3, $4, $5, $6, 0, $7, 1, 1, $8, $9)`,
    [tenant, id, type, subject, at, arrived, offset, `{"cents": 12345678901234567.50}`, isBackfill],
  );
  await database.query(
    `INSERT INTO arrival_day (arrival_day, event_day, tenant) VALUES (($1::timestamptz AT TIME ZONE 'UTC')::date, ($2::timestamptz AT TIME ZONE 'UTC')::date, $3) ON CONFLICT DO NOTHING`,
    [arrived, at, tenant],
  );
}

beforeAll(async () => {
  database = await createMigratedDatabase();
  for (const day of [CLOSED, OPEN]) await database.query('SELECT ensure_raw_day($1)', [day]);
  await put({ id: 'a', at: `${CLOSED}T10:00:00Z`, offset: 1 });
  await put({ id: 'b', at: `${CLOSED}T10:00:00Z`, offset: 2, type: 'visit', subject: null });
  // Came a day late: it lies among the rows of the open day.
  await put({ id: 'late', at: `${CLOSED}T11:00:00Z`, offset: 950, arrived: `${OPEN}T09:00:00Z` });
  await put({ id: 'before the last offsets', at: `${OPEN}T08:00:00Z`, offset: 800 });
  await put({ id: 'first of the last', at: `${OPEN}T08:30:00Z`, offset: 900, subject: 'q' });
  await put({ id: 'other tenant', at: `${OPEN}T10:00:00Z`, offset: 960, tenant: 'zoo' });
  await put({ id: 'erased', at: `${OPEN}T10:00:00Z`, offset: 970, subject: 'gone' });
  await put({ id: 'old lane', at: `${OPEN}T07:00:00Z`, offset: 3, isBackfill: true });
  await put({ id: 'newest', at: `${OPEN}T12:00:00Z`, offset: 990, type: 'visit' });
  await database.query(`UPDATE raw_day SET state = 'closed', closed_at = now() WHERE day = $1`, [CLOSED]);
  await database.query(
    `INSERT INTO partition_progress (lane, partition, owner, term, commit_no, next_offset, log_generation, topic_id, complete_through)
     VALUES ('live', 0, '\\x00', 1, 5, 1000, 1, 't', now()), ('backfill', 0, '\\x00', 1, 5, 10, 1, 't', now())`,
  );
  await database.query(
    `INSERT INTO erasure (request_id, tenant, subject, partition, requested_by) VALUES (gen_random_uuid(), 'acme', 'gone', 0, 'k')`,
  );
  pool = createPool({
    databaseUrl: database.url,
    applicationName: 'test',
    role: 'tidegate_query',
    connectionsMax: 1,
    statementTimeoutMs: 10_000,
  });
  reader = createNewestReader(pool, OFFSETS);
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

const ids = async (ask: Partial<NewestAsk> = {}) => (await reader.read({ ...ASK, ...ask })).events.map(({ eventId }) => eventId);

it('events of closed and open days come newest first, each once, of one tenant, without erased persons, and say what is not looked at', async () => {
  const { events, floorMs, progress } = await reader.read(ASK);
  expect(events.map(({ eventId }) => eventId)).toEqual(['newest', 'first of the last', 'old lane', 'late', 'b', 'a']);
  expect(floorMs).toBe(Date.parse(`${OPEN}T08:30:00Z`));
  expect(progress).toMatchObject([{ partition: 0, nextOffset: 1_000, backfill: { nextOffset: 10 } }]);
  expect(events[0]).toMatchObject({ type: 'visit', subject: 'p', data: '{"cents": 12345678901234567.50}' });
});

it('types, instants, persons and numbers of rows are held to', async () => {
  expect(await ids({ types: ['visit'] })).toEqual(['newest', 'b']);
  expect(await ids({ fromMs: Date.parse(`${CLOSED}T10:00:00Z`), toMs: Date.parse(`${OPEN}T08:30:00Z`) })).toEqual([
    'old lane',
    'late',
    'b',
    'a',
  ]);
  expect(await ids({ rowsMax: 2 })).toEqual(['newest', 'first of the last']);
  expect(await ids({ rowsOfTypeMax: 1 })).toEqual(['newest', 'first of the last', 'b', 'a']);
  expect(await ids({ subject: 'p' })).toEqual(['newest', 'old lane', 'late', 'a']);
  expect(await ids({ subject: 'p', rowsMax: 1 })).toEqual(['newest']);
  expect(await ids({ subject: 'gone' })).toEqual([]);
  expect(await ids({ tenant: 'zoo' })).toEqual(['other tenant']);
});

it('with room for all of them nothing is said to be left out', async () => {
  const { floorMs, events } = await createNewestReader(pool, 10_000).read(ASK);
  expect([floorMs, events.length]).toEqual([null, 7]);
});

it('what was counted behind a place of each lane is found by its offsets', async () => {
  const at = (live: number, backfill: number) => [
    { lane: 'live' as const, partition: 0, logGeneration: 1, nextOffset: live },
    { lane: 'backfill' as const, partition: 0, logGeneration: 1, nextOffset: backfill },
  ];
  const behind = async (live: number, backfill: number, rowsOfTypeMax = 100) =>
    (await reader.behind({ tenant: 'acme', types: ASK.types, rowsOfTypeMax }, at(live, backfill))).events
      .map(({ eventId }) => eventId)
      .toSorted();
  expect(await behind(950, 3)).toEqual(['late', 'newest', 'old lane']);
  expect(await behind(951, 4)).toEqual(['newest']);
  expect(await behind(900, 10, 1)).toEqual(['first of the last', 'newest']);
});
