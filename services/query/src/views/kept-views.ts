/**
 * Answers of views that are kept (docs/design/answer-cache.md):
 * 1. find: progress, then the entry; a hit if it is of this epoch and its marks are the same now
 * 2. else as it is, where the class, or the query that read what has changed, lets an answer be so old
 * 3. else it is made, each mark taken before what it stands for is read, and put away; nothing is kept if this fails
 */
import { createHmac } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { keptIdentity, keptName, toIsoUtc } from '@tidegate/core';
import { isExplaining } from '@tidegate/postgres';
import type { CellStore, MaterialisedProgress, KeptFigures } from '@tidegate/redis';
import type { Sealer } from '@tidegate/runtime';
import { within } from '../budget.ts';
import type { CacheFigures, Counted } from '../cache-figures.ts';
import type { CacheMeter } from '../cache-meter.ts';
import type { ChangedNames } from '../changed-names.ts';
import { freshClaims } from '../fresh-claims.ts';
import type { ClaimingDeps } from '../fresh-claims.ts';
import type { KeptHistory } from '../kept-history.ts';
import type { Lifetime, LifetimeOf } from '../lifetimes.ts';
import { heldOf } from '../read.ts';
import type { Registry } from '../registry.ts';
import { createSharedFlights } from '../shared-flights.ts';
import type { KeptEntry } from './kept-entry.ts';
import { sealEntry } from './kept-entry.ts';
import { createMarkLog } from './mark-log.ts';
import { createOpenedEntries } from './opened-entries.ts';
import type { OpenedEntries } from './opened-entries.ts';
import type { RunView, ViewAnswer, ViewAsk, ViewOutcome } from './run-view.ts';
import type { ViewMeta } from './view-meta.ts';

export interface KeptViewsDeps extends ClaimingDeps {
  readonly runView: RunView;
  readonly store: Pick<CellStore, 'readProgress' | 'readAnswer' | 'writeAnswer' | 'takeMarks' | 'readMarks'>;
  readonly lifetimeOf: LifetimeOf;
  readonly names: ChangedNames;
  readonly registry: Pick<Registry, 'fingerprint'>;
  readonly kept: Pick<KeptHistory, 'fingerprint'>;
  /** Of the keys of entries. */
  readonly entryKey: KeyObject | Uint8Array;
  readonly entrySealer: Sealer;
  readonly cacheBudgetMs: number;
  readonly meter: CacheMeter;
  readonly figures: Pick<CacheFigures, 'count'>;
  readonly index: Pick<KeptFigures, 'note'>;
  readonly pseudonymOf: (tenant: string, id: string) => string;
}

const ENTRY_BYTES_MAX = 262_144;
/** Beyond the entry's own end, so that no mark ends first. */
const MARK_MORE_MS = 60_000;

interface Wanted {
  readonly asked: ViewAsk;
  readonly lifetime: Lifetime;
  readonly key: string;
  readonly counted: Counted;
}

/** `wasThere`: it was found, and had changed. */
interface Absent {
  readonly kind: 'absent';
  readonly epoch: string;
  readonly wasThere: boolean;
}

type Found = { readonly kind: 'hit'; readonly answer: ViewAnswer } | Absent | { readonly kind: 'away' };

interface FindDeps extends KeptViewsDeps {
  readonly entries: OpenedEntries;
}

export function createKeptViews(given: KeptViewsDeps): RunView {
  const deps = { ...given, entries: createOpenedEntries(given.entrySealer) };
  const share = createSharedFlights();
  const never = new AbortController().signal;
  return async function keptView(asked) {
    const lifetime = deps.lifetimeOf(asked.view);
    if (lifetime === null || isExplaining()) return deps.runView(asked);
    // Who waits for a receipt asks about now.
    if (asked.values.wait.after !== undefined) return withState(await deps.runView(asked), 'bypass');
    const { tenant } = asked.asker;
    const name = keptName(asked.view, asked.values, (id) => deps.pseudonymOf(tenant, id));
    const counted = { tenant, of: lifetime.of, name };
    const wanted = { asked: { ...asked, asker: { ...asked.asker, signal: never } }, lifetime, key: keyOf(deps, asked), counted };
    // Who takes no turn is not refused with those who do.
    return share(`${tenant} ${wanted.key} ${asked.asker.takesTurns === true}`, async () => findOrMake(deps, wanted));
  };
}

function keyOf({ registry, kept, entryKey, nowMs }: KeptViewsDeps, { view, values, asker, callerSubject }: ViewAsk): string {
  const { tenant, rows } = asker;
  const identity = keptIdentity(view, values, nowMs());
  const all = [1, tenant, rows, view.namesCaller ? callerSubject : null, registry.fingerprint(tenant), kept.fingerprint(), identity];
  return createHmac('sha256', entryKey).update(JSON.stringify(all)).digest('base64url');
}

async function findOrMake(deps: FindDeps, wanted: Wanted): Promise<ViewOutcome> {
  const found = await find(deps, wanted);
  if (found.kind === 'hit') return { ok: true, answer: found.answer };
  return found.kind === 'away' ? withState(await deps.runView(wanted.asked), 'bypass') : make(deps, wanted, found);
}

async function find(deps: FindDeps, wanted: Wanted): Promise<Found> {
  const { meter, cacheBudgetMs, store, figures } = deps;
  const { lifetime, asked, key, counted } = wanted;
  const { tenant } = asked.asker;
  // What was there last is most often what is there still: its marks are asked for in the same go.
  const last = deps.entries.last(key);
  const names = namesOf(last);
  try {
    // Answered in this order, so an entry whose marks are the same after this holds what progress names.
    const asking = async () =>
      Promise.all([store.readProgress(), store.readAnswer(tenant, key), names.length === 0 ? null : store.readMarks({ tenant, names })]);
    const [progress, bytes, ofLast] = await within(cacheBudgetMs, asking);
    if (progress === null) return { kind: 'away' };
    const entry = opened(deps, wanted, bytes);
    const marksNow = entry === last ? ofLast : null;
    const answer = entry === null ? null : await answerOf(deps, wanted, { entry, progress, marksNow });
    if (answer === null) return missed(deps, wanted, { epoch: progress.epoch, wasThere: entry !== null });
    meter.lookedUp(lifetime.of, { hits: 1, misses: 0 });
    figures.count(counted, 'hits');
    return { kind: 'hit', answer };
  } catch (error) {
    meter.failed(lifetime.of, error);
    figures.count(counted, 'errors');
    return { kind: 'away' };
  }
}

function namesOf(entry: KeptEntry | null): readonly string[] {
  return [...(entry?.marks?.keys() ?? [])];
}

function opened({ entries, meter }: FindDeps, { key, lifetime }: Wanted, bytes: Uint8Array | null): KeptEntry | null {
  const entry = bytes === null ? null : entries.open(key, bytes);
  if (bytes !== null && entry === null) meter.dropped(lifetime.of);
  return entry;
}

function missed({ meter, figures }: KeptViewsDeps, { lifetime, counted }: Wanted, absent: Omit<Absent, 'kind'>): Absent {
  meter.lookedUp(lifetime.of, { hits: 0, misses: 1 });
  figures.count(counted, 'misses');
  if (absent.wasThere) figures.count(counted, 'changed');
  return { kind: 'absent', ...absent };
}

interface EntryFound {
  readonly entry: KeptEntry;
  readonly progress: MaterialisedProgress;
  /** As they were after progress was read; null: they were not asked for yet. */
  readonly marksNow: readonly (string | null)[] | null;
}

/** Null: it may not be given any more. */
async function answerOf(deps: KeptViewsDeps, { asked, lifetime }: Wanted, found: EntryFound): Promise<ViewAnswer | null> {
  const { entry, progress } = found;
  const ageMs = Math.max(0, deps.nowMs() - entry.atMs);
  const { answer } = entry;
  const mayAgeMs = await untilWhen(deps, asked.asker.tenant, found);
  if (mayAgeMs === UNCHANGED) return { ...answer, meta: claimedNow(deps, answer.meta, { progress, ageMs }) };
  const allowedMs = Math.max(lifetime.maxStalenessMs, mayAgeMs);
  if (allowedMs === 0 || ageMs > allowedMs) return null;
  return { ...answer, meta: { ...answer.meta, cache: { state: 'hit', age_ms: ageMs } }, mayAgeMs: Math.max(0, answer.mayAgeMs - ageMs) };
}

/** Nothing that it was made of has changed. */
const UNCHANGED = Number.POSITIVE_INFINITY;

/** How old the answer may become with what has changed since it was made. */
async function untilWhen(
  { store, cacheBudgetMs }: KeptViewsDeps,
  tenant: string,
  { entry, progress, marksNow }: EntryFound,
): Promise<number> {
  const { marks, epoch } = entry;
  if (marks === null || epoch !== progress.epoch) return 0;
  if (marks.size === 0) return UNCHANGED;
  const now = marksNow ?? (await within(cacheBudgetMs, async () => store.readMarks({ tenant, names: namesOf(entry) })));
  const fallen = [...marks.values()].filter(({ mark }, at) => mark !== now[at]);
  return Math.min(UNCHANGED, ...fallen.map(({ mayAgeMs }) => mayAgeMs));
}

/** What it claims of completeness is what progress claims: nothing that was announced since touches it. */
function claimedNow(deps: KeptViewsDeps, meta: ViewMeta, { progress, ageMs }: { progress: MaterialisedProgress; ageMs: number }): ViewMeta {
  const cache = { state: 'hit' as const, age_ms: ageMs };
  if (meta.complete_through === undefined) return { ...meta, cache };
  return { ...meta, ...freshClaims(deps, heldOf(progress), null), generated_at: meta.generated_at, cache };
}

async function make(deps: KeptViewsDeps, wanted: Wanted, absent: Absent): Promise<ViewOutcome> {
  const { asked } = wanted;
  const atMs = deps.nowMs();
  const reads = createMarkLog({ names: deps.names, take: async (names, ending) => takeMarks(deps, wanted, { names, ending }) });
  await reads.also(droppedBy(deps, wanted));
  const outcome = withState(await deps.runView({ ...asked, asker: { ...asked.asker, reads } }), 'miss');
  if (!outcome.ok) return outcome;
  const answer = { ...outcome.answer, meta: { ...outcome.answer.meta, generated_at: toIsoUtc(atMs) } };
  const marks = await reads.marks();
  if (marks !== 'lost') keep(deps, wanted, { entry: { atMs, epoch: absent.epoch, marks, answer }, absent });
  return outcome;
}

/** Never rejects; null: it could not be had. */
async function takeMarks(
  { store, cacheBudgetMs, meter }: KeptViewsDeps,
  { lifetime, counted }: Wanted,
  { names, ending }: { readonly names: readonly string[]; readonly ending: string | undefined },
): Promise<readonly (string | null)[]> {
  const of = { tenant: counted.tenant, names };
  try {
    return await within(cacheBudgetMs, async () => store.takeMarks(of, lifetime.ttlMs + MARK_MORE_MS, ending));
  } catch (error) {
    meter.failed(lifetime.of, error);
    return names.map(() => null);
  }
}

/** By hand: with its class, by its name, with all that was asked about a person. */
function droppedBy({ names, pseudonymOf }: KeptViewsDeps, { asked: { view, values }, lifetime, counted }: Wanted): readonly string[] {
  const persons = view.params.flatMap(({ name, type }) => {
    const value = type === 'subject' ? values.params[name] : null;
    return typeof value === 'string' ? [names.ofKept('person', pseudonymOf(counted.tenant, value))] : [];
  });
  return [names.ofKept('class', lifetime.of), names.ofKept('name', counted.name), ...persons];
}

/** Does not wait, and does not fail: an answer that is not kept is made again. */
function keep(deps: KeptViewsDeps, { lifetime, key, counted }: Wanted, { entry, absent }: { entry: KeptEntry; absent: Absent }): void {
  const { store, index, figures, meter, nowMs } = deps;
  const lifeMs = Math.floor((entry.marks === null ? lifetime.maxStalenessMs : lifetime.ttlMs) - (nowMs() - entry.atMs));
  const bytes = sealEntry(deps.entrySealer, entry);
  if (lifeMs < 1 || bytes.length > ENTRY_BYTES_MAX) return;
  const { tenant, name } = counted;
  const write = async (): Promise<void> => {
    await store.writeAnswer(tenant, key, { bytes, ttlMs: lifeMs });
    figures.count(counted, 'writes');
    const times = { nowMs: nowMs(), endMs: nowMs() + lifeMs };
    const hadTime = await index.note(tenant, { name: `${lifetime.of} ${name}`, key }, times);
    if (hadTime && !absent.wasThere) figures.count(counted, 'evicted');
  };
  write().catch((error: unknown) => meter.failed(lifetime.of, error));
}

/** What became of the view's own entry, whatever its questions met. */
function withState(outcome: ViewOutcome, state: 'miss' | 'bypass'): ViewOutcome {
  if (!outcome.ok) return outcome;
  const { meta } = outcome.answer;
  const cache = { state, age_ms: meta.cache?.age_ms ?? 0 };
  return { ok: true, answer: { ...outcome.answer, meta: { ...meta, cache } } };
}
