import type { RawEvent } from '@tidegate/core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createEventsReader } from '../src/events-reader.ts';
import { createJourneyReader } from '../src/journey-reader.ts';
import type { JourneyAsk, JourneyReader } from '../src/journey-reader.ts';
import { createPool } from '../src/pool.ts';
import { createMigratedDatabase } from './scratch-database.ts';
import type { ScratchDatabase } from './scratch-database.ts';

const DAY = '2026-11-20';
const ASK: JourneyAsk = {
  tenant: 'acme',
  types: ['a.one', 'a.two'],
  fromMs: Date.parse(`${DAY}T00:00:00Z`),
  toMs: Date.parse(`${DAY}T12:00:00Z`),
  readsData: true,
  eventsMax: 100_000,
};

let database: ScratchDatabase;
let pool: ReturnType<typeof createPool>;
let reader: JourneyReader;

interface Put {
  readonly id: string;
  readonly subject: string | null;
  readonly at: string;
  readonly tenant?: string;
  readonly type?: string;
}

async function put({ id, subject, at, tenant = 'acme', type = 'a.one' }: Put): Promise<void> {
  await database.query(
    `INSERT INTO raw_event (tenant, event_id, source, type, subject, occurred_at, received_at, partition, log_offset, log_generation, pack_version, data)
     VALUES ($1, $2, '', $3, $4, $5, $6, 0, 1, 1, 1, '{"n": 1}')`,
    [tenant, id, type, subject, `${DAY}T${at}Z`, `${DAY}T20:00:00Z`],
  );
}

async function read(ask: Partial<JourneyAsk> = {}) {
  const events: RawEvent[] = [];
  const outcome = await reader.readJourneys({ ...ASK, ...ask }, (event) => events.push(event));
  if (!outcome.ok) throw new Error(outcome.fault);
  const { isCut, progress } = outcome.value;
  return { isCut, progress, events, ids: events.map(({ eventId }) => eventId) };
}

beforeAll(async () => {
  database = await createMigratedDatabase();
  await database.query(`SELECT ensure_raw_day('${DAY}')`);
  pool = createPool({
    databaseUrl: database.url,
    applicationName: 'test',
    role: 'tidegate_query',
    connectionsMax: 1,
    statementTimeoutMs: 10_000,
  });
  reader = createJourneyReader(createEventsReader({ pool, openArchive: null }));
  await put({ id: 'p-2', subject: 'p', at: '02:00:00' });
  await put({ id: 'q-1', subject: 'q', at: '01:00:00' });
  await put({ id: 'p-b', subject: 'p', at: '01:00:00' });
  await put({ id: 'p-B', subject: 'p', at: '01:00:00', type: 'a.two' });
  await put({ id: 'last', subject: 'p', at: '11:59:59.999' });
  await put({ id: 'after the range', subject: 'p', at: '12:00:00' });
  await put({ id: 'of nobody', subject: null, at: '01:00:00' });
  await put({ id: 'of another type', subject: 'p', at: '01:00:00', type: 'b.one' });
  await put({ id: 'of another tenant', subject: 'p', at: '01:00:00', tenant: 'other' });
  await database.query(
    `INSERT INTO partition_progress (lane, partition, owner, term, commit_no, next_offset, log_generation, topic_id, complete_through)
     VALUES ('live', 0, '\\x00', 3, 5, 8, 2, 't', '2026-11-20T20:00:00Z')`,
  );
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

test('events of a person come together, in the order of time and then of the bytes of their ids', async () => {
  const { ids, isCut, progress } = await read();
  expect(ids).toEqual(['p-B', 'p-b', 'p-2', 'last', 'q-1']);
  expect(isCut).toBe(false);
  expect(progress).toMatchObject([{ partition: 0, nextOffset: 8, completeThroughMs: Date.parse('2026-11-20T20:00:00Z') }]);
});

test('data is read where it is wanted', async () => {
  const datas = async (readsData: boolean) => new Set((await read({ readsData })).events.map(({ data }) => data));
  expect(await datas(true)).toEqual(new Set(['{"n": 1}']));
  expect(await datas(false)).toEqual(new Set(['{}']));
});

test('more events than asked for are told and not given, and the connection is as before', async () => {
  for (let time = 0; time < 2; time += 1) {
    const { ids, isCut } = await read({ eventsMax: 3 });
    expect({ given: ids.length, isCut }).toEqual({ given: 3, isCut: true });
  }
  expect((await read({ eventsMax: 5 })).isCut).toBe(false);
});
