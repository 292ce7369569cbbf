/**
 * The newest counted events of a tenant, from the sets of Redis where they are whole, else from Postgres
 * (docs/design/recent-events.md). Redis is filled from what is committed, when somebody asks.
 */
import { isExplaining } from '@tidegate/postgres';
import type { CountedProgress, NewestAsk, NewestReader, StoredEvent } from '@tidegate/postgres';
import { RECENT_KEPT } from '@tidegate/redis';
import type { RecentLook, RecentPage, RecentSets } from '@tidegate/redis';
import type { Sealer } from '@tidegate/runtime';
import { within } from '../budget.ts';
import type { CacheMeter } from '../cache-meter.ts';
import type { Freshness } from '../freshness.ts';
import type { HeldProgress } from '../read.ts';
import { createSharedFlights } from '../shared-flights.ts';
import { fromMember, toMember } from './recent-member.ts';
import { placesText, readPlaces, standingOf, toldPlaces } from './recent-places.ts';

export interface RecentEventsDeps {
  readonly newest: NewestReader;
  readonly recentSets: RecentSets;
  /** Repeatable. */
  readonly recentSealer: Sealer;
  readonly freshness: Pick<Freshness, 'tracked' | 'trackedBackfill'>;
  readonly meter: Pick<CacheMeter, 'lookedUp' | 'failed'>;
  readonly cacheBudgetMs: number;
  readonly newToken: () => string;
}

export interface RecentAsk extends Omit<NewestAsk, 'rowsOfTypeMax'> {
  /** All types of the tenant, those that are asked for among them: the sets are of all of them. */
  readonly allTypes: readonly string[];
}

export interface RecentEvents {
  /** The newest first. */
  readonly events: readonly StoredEvent[];
  readonly held: readonly HeldProgress[];
  readonly floorMs: number | null;
  readonly cache: 'hit' | 'miss' | 'bypass';
}

export type ReadRecent = (ask: RecentAsk) => Promise<RecentEvents>;

const METER = 'recent';
/** A tenant has a hundred thousand events in Redis at most. */
const TYPES_MAX = 100;
/** How far back events are shown, and kept. */
export const RECENT_MS = 7 * 86_400_000;
/** Events may be five minutes ahead of their arrival. */
const AHEAD_MS = 300_000;

export function createRecentEvents(deps: RecentEventsDeps): ReadRecent {
  const share = createSharedFlights();
  const { meter, recentSets, cacheBudgetMs } = deps;

  /** In the background; who asks meanwhile is answered by Postgres. */
  function begin(ask: RecentAsk): void {
    share(`fill ${ask.tenant}`, async () => fillAll(deps, ask)).catch((error: unknown) => meter.failed(METER, error));
  }

  /** Null: Postgres has to answer. */
  async function fromSets(ask: RecentAsk): Promise<RecentEvents | null> {
    const look = async (): Promise<RecentLook> => {
      const { types, fromMs, toMs, rowsMax } = ask;
      return within(cacheBudgetMs, async () => recentSets.look(ask.tenant, { types, fromMs, toMs, membersMax: rowsMax }));
    };
    // What is told before the look is in what is found whole by it.
    const [told, held] = [toldPlaces(deps.freshness), heldNow(deps.freshness)];
    let found = await look();
    let standing = standingAt(found, told);
    if (standing === 'behind' && found.kind === 'there') {
      const { token, offsets, note } = found;
      await share(`catch up ${ask.tenant}`, async () => catchUp(deps, ask, { token, seen: offsets, note }));
      found = await look();
      standing = standingAt(found, told);
    }
    if (standing === 'other') await recentSets.drop(ask.tenant);
    if (standing === 'other' || found.kind === 'absent') begin(ask);
    if (standing !== 'whole' || found.kind !== 'there') return null;
    const events = pageOf(deps.recentSealer, ask, found.pages);
    return events === null ? null : { events, held, floorMs: found.note === '' ? null : Number(found.note), cache: 'hit' };
  }

  return async function readRecent(ask) {
    if (ask.subject !== null || ask.allTypes.length > TYPES_MAX || isExplaining()) return fromPostgres(deps, ask, 'bypass');
    try {
      const found = await fromSets(ask);
      meter.lookedUp(METER, { hits: found === null ? 0 : 1, misses: found === null ? 1 : 0 });
      if (found !== null) return found;
    } catch (error) {
      // Redis is away or slow, or Postgres did not say what is new: time is lost, the answer is not.
      meter.failed(METER, error);
      return fromPostgres(deps, ask, 'bypass');
    }
    return fromPostgres(deps, ask, 'miss');
  };
}

async function fromPostgres({ newest }: RecentEventsDeps, ask: RecentAsk, cache: RecentEvents['cache']): Promise<RecentEvents> {
  const { events, progress, floorMs } = await newest.read({ ...ask, rowsOfTypeMax: ask.rowsMax });
  return { events, held: progress, floorMs, cache };
}

type Standing = ReturnType<typeof standingOf> | 'not there';

function standingAt(look: RecentLook, told: ReturnType<typeof toldPlaces>): Standing {
  if (look.kind !== 'there') return 'not there';
  const kept = readPlaces(look.offsets);
  return kept === null ? 'other' : standingOf(kept, told);
}

function heldNow({ tracked, trackedBackfill }: RecentEventsDeps['freshness']): readonly HeldProgress[] {
  return [...tracked().values()].map((word) => ({ ...word, backfill: trackedBackfill().get(word.partition) ?? null }));
}

/** Null: the sets do not hold all of it. */
function pageOf(sealer: Sealer, { tenant, fromMs, rowsMax }: RecentAsk, pages: readonly RecentPage[]): readonly StoredEvent[] | null {
  const events = pages.flatMap(({ type, members }) => members.map((bytes) => fromMember(sealer, { tenant, type }, bytes)));
  const whole = events.filter((event) => event !== null);
  if (whole.length < events.length) return null;
  const page = whole.toSorted(newestFirst).slice(0, rowsMax);
  // Below it an event that was forgotten could be missing.
  const cutMs = Math.max(...pages.map((one) => cutOf(one, rowsMax)), fromMs - 1);
  const last = page.length < rowsMax ? fromMs : (page.at(-1)?.occurredAtMs ?? fromMs);
  return last > cutMs ? page : null;
}

/** A set that gave a whole page of its own has nothing missing in it. */
function cutOf({ count, leastScore, members }: RecentPage, rowsMax: number): number {
  return count < RECENT_KEPT || members.length === rowsMax ? -Infinity : (leastScore ?? -Infinity);
}

/** As the statements order them. */
function newestFirst(a: StoredEvent, b: StoredEvent): number {
  const [ofA, ofB] = [Buffer.from(`${a.eventId}\0${a.source}`), Buffer.from(`${b.eventId}\0${b.source}`)];
  return b.occurredAtMs - a.occurredAtMs || Buffer.compare(ofB, ofA);
}

/** The newest of each type; whoever reads after the token was set misses nobody who is erased afterwards. */
async function fillAll({ newest, recentSets, recentSealer, newToken }: RecentEventsDeps, { tenant, toMs, allTypes }: RecentAsk) {
  const token = newToken();
  if (!(await recentSets.begin(tenant, token))) return;
  const range = { fromMs: toMs - RECENT_MS - AHEAD_MS, toMs: toMs + AHEAD_MS };
  const rows = { rowsOfTypeMax: RECENT_KEPT, rowsMax: RECENT_KEPT * allTypes.length };
  const { events, progress, floorMs } = await newest.read({ tenant, types: allTypes, ...range, subject: null, ...rows });
  const members = await membersOf(recentSealer, events, allTypes);
  const note = floorMs === null ? '' : String(floorMs);
  await recentSets.fill(tenant, { token, seen: '', offsets: placesText(progress), note, members });
}

interface Found {
  readonly token: string;
  readonly seen: string;
  readonly note: string;
}

async function catchUp(deps: RecentEventsDeps, { tenant, allTypes }: RecentAsk, { token, seen, note }: Found): Promise<void> {
  const places = readPlaces(seen) ?? [];
  const { events, progress } = await deps.newest.behind({ tenant, types: allTypes, rowsOfTypeMax: RECENT_KEPT }, places);
  const members = await membersOf(deps.recentSealer, events, []);
  await deps.recentSets.fill(tenant, { token, seen, offsets: placesText(withUnknown(progress, places)), note, members });
}

/** A lane that was not known when the sets were filled stays so: its events are not in them. */
function withUnknown(progress: readonly CountedProgress[], places: ReturnType<typeof toldPlaces>): readonly CountedProgress[] {
  const known = new Set(places.map(({ lane, partition }) => `${lane}/${partition}`));
  return progress
    .filter(({ partition }) => known.has(`live/${partition}`))
    .map((one) => (known.has(`backfill/${one.partition}`) ? one : { ...one, backfill: null }));
}

const EVENTS_PER_TURN = 500;

/** Sealing twenty thousand events at once would hold up every answer. */
async function membersOf(sealer: Sealer, events: readonly StoredEvent[], types: readonly string[]) {
  const members = new Map(types.map((type) => [type, [] as ReturnType<typeof toMember>[]]));
  for (const [at, event] of events.entries()) {
    const ofType = members.get(event.type) ?? [];
    members.set(event.type, ofType);
    ofType.push(toMember(sealer, event));
    if (at % EVENTS_PER_TURN === EVENTS_PER_TURN - 1) await new Promise((resolve) => setImmediate(resolve));
  }
  return members;
}
