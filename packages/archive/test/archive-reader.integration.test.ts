import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createArchiveStore, createEventsReader, createPgStore, createPool, createRetentionStore } from '@tidegate/postgres';
import type { ArchivedRow, EventsAsk, EventsOrder, EventsRead } from '@tidegate/postgres';
import { createMigratedDatabase } from '@tidegate/postgres/scratch';
import type { ScratchDatabase } from '@tidegate/postgres/scratch';
import { createSealer } from '@tidegate/runtime';
import { createSeededRandom } from '@tidegate/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createArchiveReader } from '../src/archive-reader.ts';
import { createArchive } from '../src/archive.ts';
import { createFolderStore } from '../src/folder-store.ts';

const DAY_MS = 86_400_000;
const FIRST = Date.UTC(2026, 7, 1) / DAY_MS;
const DAYS = [0, 1, 2, 3].map((at) => FIRST + at);
const TYPES = ['shop.sale', 'shop.visit', 'shop.é'];
const PERSONS = Array.from({ length: 24 }, (_, at) => (at * 7).toString(16).padStart(2, '0').repeat(32));
const ALL: Extract<EventsAsk, { of: 'types' }> = {
  ...{ of: 'types', tenant: 'acme', types: TYPES, isOfPersons: false, readsData: true, rowsMax: null },
  ...{ fromMs: (FIRST - 9) * DAY_MS, toMs: (FIRST + 9) * DAY_MS },
};
const BY_SUBJECT: EventsOrder = { by: 'subject' };
const sealersOf = () => [createSealer(new Uint8Array(32).fill(7))];

interface Put extends Pick<ArchivedRow, 'tenant' | 'eventId' | 'source' | 'type' | 'subject' | 'occurredAtMs'> {
  readonly day: number;
}

let database: ScratchDatabase;
let pool: ReturnType<typeof createPool>;
let store: ReturnType<typeof createArchiveStore>;
let folder: string;
/** What was counted, whatever becomes of it afterwards. */
let sent: readonly Put[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tidegate-archive-test-'));
  database = await createMigratedDatabase();
  pool = createPool({
    ...{ databaseUrl: database.url, applicationName: 'test', role: 'tidegate_query' },
    ...{ connectionsMax: 2, statementTimeoutMs: 30_000 },
  });
  store = createArchiveStore({ databaseUrl: database.url });
  const data = createPgStore({ databaseUrl: database.url, applicationName: 'test' });
  await data.ensureRawDays(DAYS);
  const lane = { startOffset: 0, topicId: 'c/t' };
  await data.claim([{ partition: 0, live: lane, backfill: lane, rejected: lane }], new Uint8Array(16));
  await data.close();
  await database.query(`UPDATE partition_progress SET complete_through = now()`);
  sent = draw();
  await database.query(`INSERT INTO raw_event SELECT * FROM json_populate_recordset(NULL::raw_event, $1)`, [
    JSON.stringify(sent.map(toColumns)),
  ]);
  await database.query(`INSERT INTO arrival_day (arrival_day, tenant, event_day)
    SELECT DISTINCT (received_at AT TIME ZONE 'UTC')::date, tenant, (occurred_at AT TIME ZONE 'UTC')::date FROM raw_event`);
});

afterAll(async () => {
  await pool.end();
  await store.close();
  await database.drop();
  await rm(folder, { recursive: true });
});

function draw(): readonly Put[] {
  const random = createSeededRandom(11);
  const pick = <T>(all: readonly T[]): T => all[Math.floor(random() * all.length)] as T;
  return Array.from({ length: 900 }, (_, at) => {
    const day = pick(DAYS);
    return {
      ...{ tenant: random() < 0.8 ? 'acme' : 'globex', eventId: `e-${at}-${pick(['ø', '𝒳', '~'])}`, source: pick(['', 'app']) },
      ...{ type: pick(TYPES), subject: random() < 0.2 ? null : pick(PERSONS), day },
      // Some instants are shared, so that ids decide.
      occurredAtMs: day * DAY_MS + Math.floor(random() * 200) * 400_000 - (random() < 0.2 ? 2 * DAY_MS : 0),
    };
  });
}

function toColumns({ tenant, eventId, source, type, subject, occurredAtMs, day }: Put, at: number) {
  return {
    ...{ tenant, event_id: eventId, source, type, subject, partition: at % 3, log_offset: at, log_generation: 1, pack_version: 1 },
    ...{ occurred_at: new Date(occurredAtMs).toISOString(), received_at: new Date(day * DAY_MS + at * 60_000).toISOString() },
    ...{ data: { n: at }, attributes: null, is_backfill: at % 7 === 0 },
  };
}

const bytes = (text: string): Buffer => Buffer.from(text);
const compare = (a: string, b: string): number => Buffer.compare(bytes(a), bytes(b));

/** By hand: what was sent and is asked for, in its order. */
function expected(ask: EventsAsk, order: EventsOrder): readonly string[] {
  const wanted = sent.filter((row) => row.tenant === ask.tenant && isWanted(row, ask));
  const rank = ({ type }: Put): number => (order.by === 'type' ? order.types.indexOf(type) : 0);
  const first = (row: Put): string => (order.by === 'type' ? row.type : (row.subject ?? ''));
  const sorted = wanted.toSorted(
    (a, b) =>
      rank(a) - rank(b) ||
      compare(first(a), first(b)) ||
      a.occurredAtMs - b.occurredAtMs ||
      compare(a.eventId, b.eventId) ||
      compare(a.source, b.source),
  );
  return sorted.map(({ eventId }) => eventId);
}

function isWanted({ subject, type, occurredAtMs }: Put, ask: EventsAsk): boolean {
  if (ask.of === 'person') return subject === ask.subject;
  const isIn = occurredAtMs >= ask.fromMs && occurredAtMs < ask.toMs;
  return isIn && ask.types.includes(type) && (subject !== null || !ask.isOfPersons);
}

function readerOf(bytesMax = 1e9) {
  return createEventsReader({ pool, openArchive: createArchiveReader({ objects: createFolderStore(folder), sealersOf, bytesMax }) });
}

async function ids({ rows }: EventsRead): Promise<readonly string[]> {
  const all: string[] = [];
  for await (const page of rows) all.push(...page.map(({ eventId }) => eventId));
  return all;
}

async function read(ask: EventsAsk = ALL, order: EventsOrder = BY_SUBJECT) {
  const outcome = await readerOf().withEvents(ask, order, async (given) => ({ ids: await ids(given), archive: given.archive }));
  if (!outcome.ok) throw new Error(outcome.fault);
  return outcome.value;
}

/** Whatever is asked for is what was sent, each event once. */
async function isAllThere(): Promise<void> {
  const [one = ''] = PERSONS;
  const asks: readonly EventsAsk[] = [
    ALL,
    { ...ALL, isOfPersons: true },
    { ...ALL, types: ['shop.é'] },
    { ...ALL, tenant: 'globex' },
    ...DAYS.map((day): EventsAsk => ({ ...ALL, fromMs: day * DAY_MS - 1, toMs: (day + 1) * DAY_MS - 7 })),
  ];
  for (const ask of asks) expect((await read(ask)).ids).toEqual(expected(ask, BY_SUBJECT));
  const person: EventsAsk = { of: 'person', tenant: 'acme', subject: one };
  for (const types of [TYPES, ['shop.é', 'shop.sale'], []]) {
    const order: EventsOrder = { by: 'type', types };
    expect((await read(person, order)).ids).toEqual(expected(person, order));
  }
}

const archive = () => createArchive({ store, objects: createFolderStore(folder), sealersOf, rowsPerFile: 40 });

async function retain<T>(work: (retention: ReturnType<typeof createRetentionStore>) => Promise<T>): Promise<T> {
  const retention = createRetentionStore({ databaseUrl: database.url });
  try {
    return await work(retention);
  } finally {
    await retention.close();
  }
}

describe('events that are stored and events of the archive, read as one', () => {
  it('at each step of a day: open, closed, archived, dropped, restored, archived anew, dropped again', async () => {
    await isAllThere();
    for (const day of DAYS) expect(await retain((retention) => retention.closeRawDay(day))).toBe(true);
    for (const day of DAYS.slice(0, 3)) await archive().run(day);
    expect((await read()).archive).toBe(null);
    await isAllThere();
    for (const day of DAYS.slice(0, 2)) expect(await retain((retention) => retention.dropRawDay(day, true))).toBe('dropped');
    await isAllThere();
    expect((await read()).archive?.events).toBe(sent.filter(({ tenant, day }) => tenant === 'acme' && day < FIRST + 2).length);
    await archive().restore(FIRST, 7);
    await isAllThere();
    expect(await retain((retention) => retention.closeRawDay(FIRST))).toBe(true);
    await archive().run(FIRST);
    await isAllThere();
    expect(await retain((retention) => retention.dropRawDay(FIRST, true))).toBe('dropped');
    await isAllThere();
  });

  it('while rows of a type are being pruned from a day that is archived', async () => {
    await database.query(`SELECT prune_raw_day($1::date, 'acme', 'shop.sale', 5, true)`, ['2026-08-03']);
    await isAllThere();
    const [done] = await database.query(`SELECT prune_raw_day($1::date, 'acme', 'shop.sale', 5000, true)::int > 5 AS is_more`, [
      '2026-08-03',
    ]);
    expect(done).toEqual({ is_more: true });
    await isAllThere();
  });

  it('a day that is dropped between the look at the archive and the snapshot is read from the archive', async () => {
    await archive().run(FIRST + 3);
    let opened = 0;
    const inner = createArchiveReader({ objects: createFolderStore(folder), sealersOf, bytesMax: 1e9 });
    const reader = createEventsReader({
      pool,
      async openArchive(...given) {
        opened += 1;
        if (opened === 1) expect(await retain((retention) => retention.dropRawDay(FIRST + 3, true))).toBe('dropped');
        return inner(...given);
      },
    });
    const outcome = await reader.withEvents(ALL, BY_SUBJECT, ids);
    expect([opened, outcome]).toEqual([2, { ok: true, value: expected(ALL, BY_SUBJECT) }]);
  });

  it('more files than one reading may open are refused, and so is an archive that nobody told of', async () => {
    expect(await readerOf(100).withEvents(ALL, BY_SUBJECT, ids)).toEqual({ ok: false, fault: 'too_much' });
    const blind = createEventsReader({ pool, openArchive: null });
    expect(await blind.withEvents(ALL, BY_SUBJECT, ids)).toEqual({ ok: false, fault: 'unread' });
    const after = { ...ALL, fromMs: (FIRST + 20) * DAY_MS, toMs: (FIRST + 30) * DAY_MS };
    expect(await blind.withEvents(after, BY_SUBJECT, ids)).toEqual({ ok: true, value: [] });
  });

  it('a person who is erased is not in what is read, before the archive is written anew and after', async () => {
    const gone = PERSONS[3] ?? '';
    await database.query(
      `INSERT INTO erasure (request_id, tenant, subject, partition, requested_by, begun_at, events_at) VALUES (gen_random_uuid(), 'acme', $1, 0, 'k', now(), now())`,
      [gone],
    );
    await database.query(`DELETE FROM raw_event WHERE tenant = 'acme' AND subject = $1`, [gone]);
    sent = sent.filter(({ tenant, subject }) => tenant !== 'acme' || subject !== gone);
    await isAllThere();
    expect((await archive().erase()).persons).toBe(1);
    await isAllThere();
  });
});
