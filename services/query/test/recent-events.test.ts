import type { CountedProgress, NewestRead, NewestReader, StoredEvent } from '@tidegate/postgres';
import { RECENT_KEPT } from '@tidegate/redis';
import type { RecentFill, RecentLook, RecentSets } from '@tidegate/redis';
import { createRepeatableSealer } from '@tidegate/runtime';
import { describe, expect, it } from 'vitest';
import { createFreshness } from '../src/freshness.ts';
import { createRecentEvents } from '../src/recent/recent-events.ts';
import type { RecentAsk } from '../src/recent/recent-events.ts';

const NOW_MS = Date.UTC(2026, 10, 20, 12);
const TYPES = ['sale', 'visit'];

function event(n: number, more: Partial<StoredEvent> = {}): StoredEvent {
  const atMs = NOW_MS - 100_000 + n * 10;
  const of = { tenant: 'acme', eventId: `e${n}`, source: '', type: 'sale', subject: null };
  return { ...of, occurredAtMs: atMs, receivedAtMs: atMs, logOffset: n, packVersion: 1, data: `{"n":${n}}`, ...more };
}

const numbers = (from: number, count: number): readonly StoredEvent[] => Array.from({ length: count }, (_, n) => event(from + n));

/** What is counted, and how often each way was taken. */
function createHouse() {
  const counted: StoredEvent[] = [];
  const asked = { read: 0, behind: 0 };
  const progress = (): CountedProgress[] => [
    {
      ...{ partition: 0, term: 1, commitNo: 1, nextOffset: (counted.at(-1)?.logOffset ?? -1) + 1, logGeneration: 1 },
      ...{ completeThroughMs: NOW_MS, backfill: null, hasGap: false },
      sealed: { quarter_hour: 0, hour: 0, day: 0 } as unknown as CountedProgress['sealed'],
    },
  ];
  const newestFirst = (events: readonly StoredEvent[]) => events.toSorted((a, b) => b.occurredAtMs - a.occurredAtMs);
  const newest: NewestReader = {
    async read({ types, fromMs, toMs, subject, rowsOfTypeMax, rowsMax }): Promise<NewestRead> {
      asked.read += 1;
      const fits = (one: StoredEvent): boolean =>
        one.occurredAtMs >= fromMs && one.occurredAtMs < toMs && (subject === null || one.subject === subject);
      const all = types.flatMap((type) => newestFirst(counted.filter((one) => one.type === type && fits(one))).slice(0, rowsOfTypeMax));
      return { events: newestFirst(all).slice(0, rowsMax), progress: progress(), floorMs: null };
    },
    async behind(_ask, places) {
      asked.behind += 1;
      return { events: counted.filter(({ logOffset }) => logOffset >= (places[0]?.nextOffset ?? 0)), progress: progress(), floorMs: null };
    },
  };
  return { counted, asked, progress, newest };
}

/** The sets as their scripts keep them. */
function createSets() {
  const state = { token: null as string | null, offsets: '', isAway: false, members: new Map<string, Map<string, number>>() };
  const sets: RecentSets = {
    async look(_tenant, { types, fromMs, toMs, membersMax }): Promise<RecentLook> {
      if (state.isAway) throw new Error('away');
      if (state.token === null) return { kind: 'absent' };
      if (state.offsets === '') return { kind: 'loading' };
      const pages = types.map((type) => {
        const all = [...(state.members.get(type) ?? new Map<string, number>())].toSorted(([, a], [, b]) => b - a);
        const within = all.filter(([, score]) => score >= fromMs && score < toMs).slice(0, membersMax);
        return { type, count: all.length, leastScore: all.at(-1)?.[1] ?? null, members: within.map(([hex]) => Buffer.from(hex, 'hex')) };
      });
      return { kind: 'there', token: state.token, offsets: state.offsets, note: '', pages };
    },
    async begin(_tenant, token) {
      if (state.token !== null) return false;
      state.token = token;
      return true;
    },
    async fill(_tenant, { token, seen, offsets, members }: RecentFill) {
      if (state.token !== token || state.offsets !== seen) return false;
      for (const [type, added] of members) {
        const known = state.members.get(type) ?? new Map<string, number>();
        for (const { score, bytes } of added) known.set(Buffer.from(bytes).toString('hex'), score);
        const kept = [...known].toSorted(([, a], [, b]) => b - a).slice(0, RECENT_KEPT);
        state.members.set(type, new Map(kept));
      }
      state.offsets = offsets;
      return true;
    },
    async drop() {
      state.token = null;
      state.offsets = '';
      state.members.clear();
    },
  };
  return { sets, state };
}

function createCase() {
  const house = createHouse();
  const { sets, state } = createSets();
  const freshness = createFreshness(() => NOW_MS);
  const failures: unknown[] = [];
  let tokens = 0;
  const readRecent = createRecentEvents({
    ...{ newest: house.newest, recentSets: sets, freshness, cacheBudgetMs: 5_000, newToken: () => `t${(tokens += 1)}` },
    recentSealer: createRepeatableSealer(new Uint8Array(32).fill(1)),
    meter: { lookedUp: () => undefined, failed: (_of, error) => failures.push(error) },
  });
  /** Counts events, and tells it as the owner does. */
  const count = (...events: readonly StoredEvent[]): void => {
    house.counted.push(...events);
    const [{ nextOffset } = { nextOffset: 0 }] = house.progress();
    const word = { lane: 'live', partition: 0, term: 1, next_offset: String(nextOffset), complete_through_ms: NOW_MS };
    freshness.take({ value: Buffer.from(JSON.stringify({ ...word, log_generation: 1, oldest_uncounted_ms: null })) });
  };
  const ask = async (more: Partial<RecentAsk> = {}) => {
    const range = { fromMs: NOW_MS - 7 * 86_400_000, toMs: NOW_MS + 300_000 };
    const { events, cache } = await readRecent({
      tenant: 'acme',
      types: TYPES,
      allTypes: TYPES,
      ...range,
      subject: null,
      rowsMax: 3,
      ...more,
    });
    return { ids: events.map(({ eventId }) => eventId), data: events.map(({ data }) => data), cache };
  };
  /** Asked once, and the sets are filled behind the answer. */
  const warm = async (): Promise<void> => {
    await ask();
    await expect.poll(() => state.offsets, { timeout: 20_000 }).not.toBe('');
  };
  return { ...house, count, ask, warm, state, failures };
}

describe('the newest events', () => {
  it('come from Postgres at first, then from the sets, and what is counted since is read once for all who ask', async () => {
    const { count, ask, warm, asked } = createCase();
    count(...numbers(0, 5));
    expect(await ask()).toMatchObject({ ids: ['e4', 'e3', 'e2'], cache: 'miss' });
    await warm();
    const reads = asked.read;
    expect(await ask()).toMatchObject({ ids: ['e4', 'e3', 'e2'], data: ['{"n":4}', '{"n":3}', '{"n":2}'], cache: 'hit' });
    count(event(5, { type: 'visit' }), event(6));
    const both = await Promise.all([ask(), ask()]);
    expect(both).toMatchObject([
      { ids: ['e6', 'e5', 'e4'], cache: 'hit' },
      { ids: ['e6', 'e5', 'e4'], cache: 'hit' },
    ]);
    expect(await ask({ types: ['visit'] })).toMatchObject({ ids: ['e5'], cache: 'hit' });
    expect(asked.read).toBe(reads);
    expect(asked.behind).toBeLessThanOrEqual(2);
  });

  it('that the sets have forgotten are Postgres’ to answer', async () => {
    const { count, ask, warm } = createCase();
    count(...numbers(0, RECENT_KEPT + 10), event(RECENT_KEPT + 10, { type: 'visit', occurredAtMs: event(3).occurredAtMs }));
    await warm();
    expect(await ask()).toMatchObject({ ids: ['e1009', 'e1008', 'e1007'], cache: 'hit' });
    // The oldest that is kept is e10: of what lies before it the sets know nothing.
    const before = { toMs: event(12).occurredAtMs };
    expect(await ask(before)).toMatchObject({ ids: ['e11', 'e10', 'e9'], cache: 'miss' });
    expect(await ask({ ...before, types: ['visit'] })).toMatchObject({ ids: ['e1010'], cache: 'hit' });
  });

  it('of one person, and long ones, are Postgres’ to answer', async () => {
    const { count, ask, warm } = createCase();
    count(event(1, { subject: 'p' }), event(2, { data: JSON.stringify({ text: 'x'.repeat(5_000) }) }));
    await warm();
    expect(await ask()).toMatchObject({ ids: ['e2', 'e1'], cache: 'miss' });
    expect(await ask({ subject: 'p' })).toMatchObject({ ids: ['e1'], cache: 'bypass' });
  });

  it('come from Postgres while Redis is away, and from the sets again afterwards', async () => {
    const { count, ask, warm, state, failures } = createCase();
    count(...numbers(0, 2));
    await warm();
    state.isAway = true;
    expect(await ask()).toMatchObject({ ids: ['e1', 'e0'], cache: 'bypass' });
    expect(failures).toHaveLength(1);
    state.isAway = false;
    expect(await ask()).toMatchObject({ cache: 'hit' });
  });

  it('are forgotten where the sets are of another log, or lie too far behind', async () => {
    const { count, ask, warm, state } = createCase();
    count(...numbers(0, 2));
    await warm();
    count(event(2));
    state.offsets = '[["live",0,2,3]]';
    expect(await ask()).toMatchObject({ ids: ['e2', 'e1', 'e0'], cache: 'miss' });
    await warm();
    count(event(3), event(4, { logOffset: 200_000 }));
    expect(await ask()).toMatchObject({ ids: ['e4', 'e3', 'e2'], cache: 'miss' });
  });

  it('that are read when a person is forgotten are not put away', async () => {
    const { count, ask, state } = createCase();
    count(event(1));
    const asking = ask();
    state.token = 'of somebody who began afterwards';
    await asking;
    expect(state.members.size).toBe(0);
  });
});
