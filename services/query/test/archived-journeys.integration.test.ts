/** Questions about the order of events are answered alike whether their events are raw rows, in the archive, or in both. */
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createArchive, createArchiveReader, createFolderStore } from '@tidegate/archive';
import type { ObjectStore } from '@tidegate/archive';
import type { CompiledEventType } from '@tidegate/core';
import {
  createArchiveStore,
  createEventsReader,
  createJourneyReader,
  createKeptStore,
  createPgStore,
  createPool,
  createRetentionStore,
} from '@tidegate/postgres';
import { createMigratedDatabase } from '@tidegate/postgres/scratch';
import type { ScratchDatabase } from '@tidegate/postgres/scratch';
import { createSealer } from '@tidegate/runtime';
import { createSeededRandom } from '@tidegate/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAskJourney } from '../src/ask-journey.ts';
import type { Answer, Asker } from '../src/ask.ts';
import { createFreshness } from '../src/freshness.ts';
import { createKeptHistory } from '../src/kept-history.ts';
import { NO_TURNS } from './fixtures.ts';

const DAY_MS = 86_400_000;
const FIRST = Date.UTC(2026, 7, 3) / DAY_MS;
const DAYS = Array.from({ length: 6 }, (_, at) => FIRST + at);
const NOW_MS = (FIRST + 30) * DAY_MS;
const WINDOW_S = 3 * 86_400;
/** Of three groups of the archive alone: the fewer files, the sooner it is read. */
const PERSONS = Array.from({ length: 40 }, (_, at) => `${'07e'[at % 3] ?? ''}${at.toString(16).padStart(3, '0').repeat(21)}`);
const AS: Asker = { tenant: 'acme', rows: null, signal: new AbortController().signal };
const RANGE = { from: '2026-08-01', to: '2026-08-10' };
const [SEEN, BOUGHT] = ['shop.seen', 'shop.bought'];
const LARGE = { event: BOUGHT, where: { value: { gte: 50 } } };
const FUNNEL = { kind: 'funnel', ...RANGE, steps: [{ event: SEEN }, LARGE], window_s: WINDOW_S };
/** An event that is read twice is seen in it. */
const COHORT = [{ kind: 'cohort', ...RANGE, start: { event: SEEN }, event: { event: BOUGHT }, value: 'value', grain: 'week', periods: 1 }];
const QUESTIONS: readonly object[] = [
  FUNNEL,
  { ...FUNNEL, steps: [{ event: SEEN }, { event: BOUGHT }], breakdown: 'variant' },
  { kind: 'retention', ...RANGE, start: { event: SEEN }, return: { event: BOUGHT }, grain: 'day', periods: 5 },
  {
    ...{ kind: 'stratify', ...RANGE, among: { event: SEEN }, rules: [{ ...LARGE, points: 30, most: 90 }] },
    bands: [
      { band: 'low', from: 0 },
      { band: 'high', from: 60 },
    ],
  },
  { kind: 'sessions', ...RANGE, events: [{ event: SEEN }, { event: BOUGHT }], gap_s: 7_200 },
  { kind: 'experiment', ...RANGE, exposed: { event: SEEN }, variant: 'variant', control: 'a', goal: { event: BOUGHT }, window_s: WINDOW_S },
  ...COHORT,
];
const sealersOf = () => [createSealer(new Uint8Array(32).fill(7))];

interface Sent {
  readonly person: string;
  readonly type: string;
  readonly atMs: number;
  readonly value: number;
}

let database: ScratchDatabase;
let pool: ReturnType<typeof createPool>;
let store: ReturnType<typeof createArchiveStore>;
let folder: string;
let sent: readonly Sent[];

const fieldOf = (name: string, type: 'string' | 'integer') =>
  ({ name, type, isOptional: true, isDimension: type === 'string', action: 'keep', isSensitive: false }) as const;
const FIELDS = [fieldOf('variant', 'string'), fieldOf('value', 'integer')];
const typeOf = (type: string): CompiledEventType => ({
  ...{ type, subject: 'required', unknownMembers: 'refuse', aliases: [], fields: FIELDS },
  fieldByName: new Map(FIELDS.map((field) => [field.name, field])),
});

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tidegate-archive-test-'));
  database = await createMigratedDatabase();
  const at = { databaseUrl: database.url, applicationName: 'test' };
  pool = createPool({ ...at, role: 'tidegate_query', connectionsMax: 2, statementTimeoutMs: 30_000 });
  store = createArchiveStore(at);
  const data = createPgStore(at);
  await data.ensureRawDays(DAYS);
  const lane = { startOffset: 0, topicId: 'c/t' };
  await data.claim([{ partition: 0, live: lane, backfill: lane, rejected: lane }], new Uint8Array(16));
  await data.close();
  await database.query(`UPDATE partition_progress SET complete_through = now()`);
  const random = createSeededRandom(5);
  const one = (below: number): number => Math.floor(random() * below);
  sent = Array.from({ length: 700 }, () => ({
    ...{ person: PERSONS[one(PERSONS.length)] ?? '', type: random() < 0.6 ? SEEN : BOUGHT },
    ...{ atMs: FIRST * DAY_MS + one(DAYS.length * 24 * 60) * 60_000, value: one(100) },
  }));
  const rows = sent.map(({ person, type, atMs, value }, n) => ({
    ...{ tenant: 'acme', event_id: `e-${n}`, source: '', type, subject: person, partition: n % 3, log_offset: n, log_generation: 1 },
    ...{ occurred_at: new Date(atMs).toISOString(), received_at: new Date(atMs).toISOString(), pack_version: 1, attributes: null },
    ...{ data: { variant: PERSONS.indexOf(person) % 2 === 0 ? 'a' : 'b', value }, is_backfill: false },
  }));
  await database.query(`INSERT INTO raw_event SELECT * FROM json_populate_recordset(NULL::raw_event, $1)`, [JSON.stringify(rows)]);
  await database.query(`INSERT INTO arrival_day (arrival_day, tenant, event_day)
    SELECT DISTINCT (received_at AT TIME ZONE 'UTC')::date, tenant, (occurred_at AT TIME ZONE 'UTC')::date FROM raw_event`);
});

afterAll(async () => {
  await pool.end();
  await store.close();
  await database.drop();
  await rm(folder, { recursive: true });
});

interface Reading {
  readonly objects?: ObjectStore | null;
  readonly bytesMax?: number;
  readonly eventsMax?: number;
}

async function ask(question: unknown, { objects = createFolderStore(folder), bytesMax = 1e9, eventsMax = 10_000 }: Reading = {}) {
  const unreadable: string[] = [];
  const openArchive = objects === null ? null : createArchiveReader({ objects, sealersOf, bytesMax });
  const events = createEventsReader({ pool, openArchive, onUnreadable: ({ name }) => void unreadable.push(name) });
  const kept = createKeptHistory(createKeptStore(pool), () => 0);
  await kept.refresh();
  const asking = createAskJourney({
    registry: { eventType: (_tenant, type) => typeOf(type) },
    journeys: createJourneyReader(events),
    receipts: { open: () => null, waitFor: async () => ({ countedIn: null, held: [] }), stateOf: async () => Promise.reject(new Error()) },
    freshness: createFreshness(() => NOW_MS),
    step: (_name, action) => action(),
    ...{ kept, nowMs: () => NOW_MS, bucketsMax: 1_000, eventsMax, takeTurn: NO_TURNS },
  });
  return { outcome: await asking(question, AS), unreadable };
}

async function answerOf(question: unknown): Promise<Answer> {
  const { outcome } = await ask(question);
  if (!outcome.ok) throw new Error(JSON.stringify(outcome.problem));
  return outcome.answer;
}

async function foundOf(questions = QUESTIONS) {
  const answers = await Promise.all(questions.map(answerOf));
  return answers.map(({ rows, meta }) => ({ rows, analysis: meta.analysis }));
}

async function retain<T>(work: (retention: ReturnType<typeof createRetentionStore>) => Promise<T>): Promise<T> {
  const retention = createRetentionStore({ databaseUrl: database.url });
  try {
    return await work(retention);
  } finally {
    await retention.close();
  }
}

const archive = () => createArchive({ store, objects: createFolderStore(folder), sealersOf, rowsPerFile: 400 });
const close = async (day: number) => retain((retention) => retention.closeRawDay(day));
const drop = async (day: number) => retain((retention) => retention.dropRawDay(day, true));

/** By hand: of who saw, those who bought something large within the window after one of the times. Equal times: in the order of ids. */
function funnelByHand(): readonly [number, number] {
  const of = (person: string) => sent.map((one, n) => ({ ...one, id: `e-${n}` })).filter((one) => one.person === person);
  const saw = PERSONS.filter((person) => of(person).some(({ type }) => type === SEEN));
  const isAfter = (a: { atMs: number; id: string }, b: { atMs: number; id: string }): boolean =>
    b.atMs > a.atMs || (b.atMs === a.atMs && b.id > a.id);
  const bought = saw.filter((person) =>
    of(person).some(
      (a) =>
        a.type === SEEN &&
        of(person).some((b) => b.type === BOUGHT && b.value >= 50 && isAfter(a, b) && b.atMs - a.atMs <= WINDOW_S * 1_000),
    ),
  );
  return [saw.length, bought.length];
}

describe('a journey through raw events and the archive', () => {
  it('is answered as before at each step of its days: closed, archived, dropped, restored, archived anew', async () => {
    const before = await foundOf();
    const [saw, bought] = funnelByHand();
    expect(before[0]?.analysis).toMatchObject({ kind: 'funnel', users: saw, converted: bought });
    expect(bought).toBeGreaterThan(0);
    for (const day of DAYS) expect(await close(day)).toBe(true);
    for (const day of DAYS.slice(0, 4)) await archive().run(day);
    expect(await foundOf()).toEqual(before);
    expect((await answerOf(FUNNEL)).meta.archive).toBe(undefined);
    for (const day of DAYS.slice(0, 3)) expect(await drop(day)).toBe('dropped');
    expect(await foundOf()).toEqual(before);
    await archive().restore(FIRST + 1, 7);
    expect(await foundOf(COHORT)).toEqual([before[QUESTIONS.length - 1]]);
    expect(await close(FIRST + 1)).toBe(true);
    await archive().run(FIRST + 1);
    expect(await drop(FIRST + 1)).toBe('dropped');
    expect(await foundOf(COHORT)).toEqual([before[QUESTIONS.length - 1]]);
    expect(await drop(FIRST + 3)).toBe('dropped');
    expect(await foundOf()).toEqual(before);
  });

  it('says how much of it was read in the archive, and that nothing is missing', async () => {
    const { meta } = await answerOf(FUNNEL);
    const archived = sent.filter(({ atMs }) => atMs < (FIRST + 4) * DAY_MS).length;
    expect(meta).toMatchObject({ source: 'raw', archive: { events: archived } });
    expect([meta.history_from, meta.recountable]).toEqual([undefined, undefined]);
    const { meta: later } = await answerOf({ ...FUNNEL, from: '2026-08-07' });
    expect(later.archive).toBe(undefined);
  });

  it('counts events of both against the most that one answer takes', async () => {
    expect((await ask(FUNNEL, { eventsMax: sent.length })).outcome.ok).toBe(true);
    const { outcome } = await ask(FUNNEL, { eventsMax: sent.length - 1 });
    expect(outcome).toMatchObject({ ok: false, problem: { code: 'range_too_large' } });
  });

  it('is refused where the archive is not known, or more of it is needed than may be opened', async () => {
    expect((await ask(FUNNEL, { objects: null })).outcome).toMatchObject({ problem: { code: 'archive_unread' } });
    expect((await ask(FUNNEL, { bytesMax: 100 })).outcome).toMatchObject({ problem: { code: 'range_too_large' } });
  });

  it('is refused where a file is lost, or is not what was written, or the object store does not answer; who can mend it is told', async () => {
    const objects = createFolderStore(folder);
    const isFile = (key: string): boolean => key.endsWith('.sealed');
    const lost = { ...objects, get: async (key: string) => (isFile(key) ? null : objects.get(key)) };
    const cut = { ...objects, get: async (key: string) => (isFile(key) ? Uint8Array.of(1, 2, 3) : objects.get(key)) };
    const away = { ...objects, get: async () => Promise.reject(new Error('no route to host')) };
    const found = await Promise.all([lost, cut, away].map(async (given) => ask(FUNNEL, { objects: given })));
    expect(found).toMatchObject([
      { outcome: { ok: false, problem: { code: 'archive_damaged' } }, unreadable: ['ArchiveLacks'] },
      { outcome: { ok: false, problem: { code: 'archive_damaged' } }, unreadable: ['ArchiveDamaged'] },
      { outcome: { ok: false, problem: { code: 'unavailable', retryAfterS: 10 } }, unreadable: ['ArchiveAway'] },
    ]);
  });

  it('is refused where the manifest of a day is not the one that was noted', async () => {
    const [manifest] = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('manifest.json'));
    const path = join(folder, manifest ?? '');
    const before = await createFolderStore(folder).get(manifest ?? '');
    await writeFile(path, '{}');
    expect((await ask(FUNNEL)).outcome).toMatchObject({ ok: false, problem: { code: 'archive_damaged' } });
    await writeFile(path, before ?? '');
    expect((await ask(FUNNEL)).outcome.ok).toBe(true);
  });

  it('leaves out a person who is erased, before the archive is written anew and after', async () => {
    const gone = PERSONS[7] ?? '';
    await database.query(
      `INSERT INTO erasure (request_id, tenant, subject, partition, requested_by, begun_at, events_at) VALUES (gen_random_uuid(), 'acme', $1, 0, 'k', now(), now())`,
      [gone],
    );
    await database.query(`DELETE FROM raw_event WHERE tenant = 'acme' AND subject = $1`, [gone]);
    sent = sent.filter(({ person }) => person !== gone);
    const usersOf = async () => (await answerOf(FUNNEL)).meta.analysis;
    const before = await usersOf();
    const saw = new Set(sent.filter(({ type }) => type === SEEN).map(({ person }) => person)).size;
    expect(before).toMatchObject({ users: saw });
    expect((await archive().erase()).persons).toBe(1);
    expect(await usersOf()).toEqual(before);
  });
});
