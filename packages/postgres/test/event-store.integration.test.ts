import { afterAll, beforeAll, expect, test } from 'vitest';
import { createEventStore } from '../src/event-store.ts';
import type { EventAsk, EventStore } from '../src/event-store.ts';
import { createPool } from '../src/pool.ts';
import { createMigratedDatabase } from './scratch-database.ts';
import type { ScratchDatabase } from './scratch-database.ts';

const [CLOSED, OPEN] = ['2026-11-19', '2026-11-20'];
const ASK: EventAsk = { tenant: 'acme', eventId: 'e-1', source: null, subject: null, spans: [], lastOffsets: 10 };

let database: ScratchDatabase;
let pool: ReturnType<typeof createPool>;
let store: EventStore;

interface Put {
  readonly id: string;
  readonly day: string;
  readonly offset: number;
  readonly tenant?: string;
  readonly source?: string;
  readonly subject?: string;
}

async function put({ id, day, offset, tenant = 'acme', source = '', subject = 'p' }: Put): Promise<void> {
  await database.query(
    `INSERT INTO raw_event (tenant, event_id, source, type, subject, occurred_at, received_at, partition, log_offset, log_generation, pack_version, data)
     VALUES ($1, $2, $3, 't', $4, $5, $5, 0, $6, 1, 1, '{}')`,
    [tenant, id, source, subject, `${day}T10:00:00Z`, offset],
  );
}

beforeAll(async () => {
  database = await createMigratedDatabase();
  for (const day of [CLOSED, OPEN]) await database.query('SELECT ensure_raw_day($1)', [day]);
  await put({ id: 'e-1', day: CLOSED, offset: 5 });
  await put({ id: 'e-1', day: OPEN, offset: 995, subject: 'q' });
  await put({ id: 'e-1', day: OPEN, offset: 996, tenant: 'other' });
  await put({ id: 'e-2', day: OPEN, offset: 100, source: 'shop' });
  await database.query(`UPDATE raw_day SET state = 'closed', closed_at = now() WHERE day = $1`, [CLOSED]);
  await database.query(
    `INSERT INTO partition_progress (lane, partition, owner, term, commit_no, next_offset, log_generation, topic_id, complete_through)
     VALUES ('live', 0, '\\x00', 1, 5, 1000, 1, 't', now())`,
  );
  await database.query(
    `INSERT INTO rejected_event (tenant, topic, log_generation, partition, log_offset, code, path, lane, length, sha256, sealed, received_at, event_id_hash)
     VALUES ('acme', 'r', 1, 0, 7, 'field_missing', 'data.n', 'ingest', 1, '\\x00', NULL, '${OPEN}T11:00:00Z', '\\x0a')`,
  );
  pool = createPool({
    databaseUrl: database.url,
    applicationName: 'test',
    role: 'tidegate_query',
    connectionsMax: 1,
    statementTimeoutMs: 10_000,
  });
  store = createEventStore(pool);
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

const offsets = async (ask: Partial<EventAsk>) => (await store.findCounted({ ...ASK, ...ask })).map(({ logOffset }) => logOffset);

test('an event is found on closed days and among the last offsets of open ones, of its tenant alone, oldest first', async () => {
  expect(await store.findCounted(ASK)).toEqual([
    { partition: 0, logOffset: 5, receivedAtMs: Date.parse(`${CLOSED}T10:00:00Z`) },
    { partition: 0, logOffset: 995, receivedAtMs: Date.parse(`${OPEN}T10:00:00Z`) },
  ]);
  expect(await offsets({ subject: 'q' })).toEqual([995]);
  expect(await offsets({ source: 'shop' })).toEqual([]);
});

test('an older one of an open day is found where a receipt says', async () => {
  const spans = [{ lane: 'live', partition: 0, logGeneration: 1, firstOffset: 90, lastOffset: 110 }] as const;
  expect(await offsets({ eventId: 'e-2' })).toEqual([]);
  expect(await offsets({ eventId: 'e-2', spans })).toEqual([100]);
  expect(await offsets({ eventId: 'e-2', lastOffsets: 900 })).toEqual([100]);
});

test('a rejected event is found by the hash of its id, while it is open', async () => {
  expect(await store.findRejected('acme', Uint8Array.of(10))).toEqual({
    ...{ code: 'field_missing', partition: 0, logOffset: 7, receivedAtMs: Date.parse(`${OPEN}T11:00:00Z`) },
  });
  expect(await store.findRejected('other', Uint8Array.of(10))).toBe(null);
  await database.query(`UPDATE rejected_event SET state = 'replayed', receipt = 'tgr1.x'`);
  expect(await store.findRejected('acme', Uint8Array.of(10))).toBe(null);
});
