/** Receipts: opened here, compared with what is materialised and with what Postgres has committed. */
import type { Receipt, ReceiptEntry } from '@tidegate/core';
import { countOf, decodeReceipt, lastOffsetOf } from '@tidegate/core';
import type { CountedLane, EndedLog, EventLane, LogSpan, ReadStore } from '@tidegate/postgres';
import type { CellStore } from '@tidegate/redis';
import type { Sealer } from '@tidegate/runtime';
import { within } from './budget.ts';
import type { HeldProgress } from './read.ts';

const PREFIX = 'tgr1.';

export interface ReceiptState {
  /** Nothing is left to wait for: each event is counted, was a copy, or became a rejected row. */
  readonly isCounted: boolean;
  /** An upper bound: events of the request in partitions where they are not known to be counted. */
  readonly pendingEvents: number;
  /**
   * A log was made anew, or cut, before it was counted as far as the receipt speaks of. Waiting does not help; sending the
   * events again unchanged is safe.
   */
  readonly isLogChanged: boolean;
  /** Where the events lie that are counted. */
  readonly covered: readonly LogSpan[];
}

/** Where the events of a receipt were found counted; null: nowhere in time. */
export type CountedIn = 'chunks' | 'postgres' | null;

export interface ReceiptsDeps {
  readonly store: CellStore;
  readonly primary: Pick<ReadStore, 'readProgress' | 'readEndedLogs' | 'countRejected'>;
  /** Offsets at which the partitions of a lane's log end now. */
  readonly logEnds: (lane: EventLane) => ReadonlyMap<number, number>;
  /** Of the lanes. */
  readonly topics: Readonly<Record<EventLane, string>>;
  readonly sealer: Sealer;
  readonly cacheBudgetMs: number;
  readonly monotonicMs: () => number;
  /** Rejects when the client goes away. */
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
}

export interface Receipts {
  /** Null where it is no receipt of this installation, or one of another tenant. */
  open(text: string, tenant: string): Receipt | null;
  /** Waits until the events are counted or cannot be any more, at most `waitMs`. */
  waitFor(
    receipt: Receipt,
    waitMs: number,
    signal: AbortSignal,
  ): Promise<{ readonly countedIn: CountedIn; readonly held: readonly HeldProgress[] }>;
  /** What an answer that holds `held` says of the receipt. */
  stateOf(receipt: Receipt, held: readonly HeldProgress[]): Promise<ReceiptState>;
  /** Of the events that are counted those that became rejected rows; of Postgres, only where there are any. */
  rejectedEvents(receipt: Receipt, state: ReceiptState): Promise<number>;
}

/** Postgres is asked at the first look, then less often than Redis: it is asked for others' sake too. */
const POLL_MS = 10;
const POSTGRES_EVERY = 10;

export function createReceipts(deps: ReceiptsDeps): Receipts {
  const { primary } = deps;
  const endedLogs = createEndedLogs(primary);

  async function judge(receipt: Receipt, held: readonly HeldProgress[]): Promise<readonly Judged[]> {
    const isOlder = held.some((one) => generationsOf(one).some((generation) => generation > receipt.logGeneration));
    const known = { held, ended: isOlder ? await endedLogs(held) : [], logEnds: deps.logEnds };
    return receipt.entries.map((entry) => judgeEntry(receipt.logGeneration, entry, known));
  }

  async function isSettled(receipt: Receipt, held: readonly HeldProgress[]): Promise<boolean> {
    return (await judge(receipt, held)).every(({ fate }) => fate !== 'pending');
  }

  return {
    open(text, tenant) {
      if (!text.startsWith(PREFIX)) return null;
      const plain = deps.sealer.open(new Uint8Array(Buffer.from(text.slice(PREFIX.length), 'base64url')));
      const receipt = plain === null ? null : decodeReceipt(plain);
      return receipt?.tenant === tenant ? receipt : null;
    },
    async waitFor(receipt, waitMs, signal) {
      const untilMs = deps.monotonicMs() + waitMs;
      for (let look = 0; ; look += 1) {
        const materialised = await readMaterialised(deps);
        if (materialised !== null && (await isSettled(receipt, materialised))) return { countedIn: 'chunks', held: materialised };
        const isLast = deps.monotonicMs() + POLL_MS > untilMs;
        if (isLast || look % POSTGRES_EVERY === 0) {
          const committed = await primary.readProgress();
          // Committed and not materialised yet: Redis gets a moment to follow, for its answer costs less.
          if ((isLast || look > 0) && (await isSettled(receipt, committed))) return { countedIn: 'postgres', held: committed };
          if (isLast) return { countedIn: null, held: committed };
        }
        await deps.pause(POLL_MS, signal);
      }
    },
    async stateOf(receipt, held) {
      const judged = await judge(receipt, held);
      const open = judged.filter(({ fate }) => fate !== 'counted');
      return {
        isCounted: open.length === 0,
        pendingEvents: open.reduce((sum, { entry }) => sum + countOf(entry), 0),
        isLogChanged: judged.some(({ fate }) => fate === 'unknown'),
        covered: judged.filter(({ fate }) => fate === 'counted').flatMap(spansOf),
      };
    },
    rejectedEvents: async ({ tenant }, { covered }) =>
      covered.length === 0 ? 0 : primary.countRejected({ topics: deps.topics, tenant }, covered),
  };
}

async function readMaterialised({ store, cacheBudgetMs }: ReceiptsDeps): Promise<readonly HeldProgress[] | null> {
  try {
    const progress = await within(cacheBudgetMs, async () => store.readProgress());
    return progress === null ? null : [...progress.partitions.values()];
  } catch {
    return null;
  }
}

/** Read again only when a generation has changed: the row of one that ended is there before its successor is seen. */
function createEndedLogs(primary: ReceiptsDeps['primary']): (held: readonly HeldProgress[]) => Promise<readonly EndedLog[]> {
  let known: { readonly generations: string; readonly ended: readonly EndedLog[] } | null = null;
  return async function endedLogs(held) {
    const generations = held.map((one) => `${one.partition}:${generationsOf(one).join(':')}`).join();
    if (known?.generations !== generations) known = { generations, ended: await primary.readEndedLogs() };
    return known.ended;
  };
}

function generationsOf({ logGeneration, backfill }: HeldProgress): readonly number[] {
  return [logGeneration, backfill?.logGeneration ?? 0];
}

interface Judged {
  readonly entry: ReceiptEntry;
  /** Unknown: its log gave way to another one before it was counted so far. */
  readonly fate: 'counted' | 'pending' | 'unknown';
  /** Of the log that the entry's offsets speak of. */
  readonly logGeneration: number;
}

interface Known {
  readonly held: readonly HeldProgress[];
  readonly ended: readonly EndedLog[];
  readonly logEnds: ReceiptsDeps['logEnds'];
}

/**
 * Offsets are compared within one log alone. Generations rise through all partitions of both lanes, so the log that a receipt of
 * generation g speaks of is the newest one up to g of its lane of the partition.
 *
 * | the log                                   | the entry is                                                              |
 * |-------------------------------------------|---------------------------------------------------------------------------|
 * | is the one being counted                  | counted below `next_offset`, else pending                                 |
 * | gave way before it was counted so far     | unknown: its events may be gone, or may come again in the log after it    |
 * | gave way after it was counted so far      | counted; but pending while the new log holds the offset and is not read   |
 * |                                           | so far: whoever made the receipt may not have heard of the new log yet    |
 */
function judgeEntry(generation: number, entry: ReceiptEntry, { held, ended, logEnds }: Known): Judged {
  const { lane, partition } = entry;
  const lastOffset = lastOffsetOf(entry);
  const at = standingOf(entry, held);
  if (at === null) return { entry, fate: 'pending', logGeneration: generation };
  const isPassed = at.nextOffset > lastOffset;
  if (at.logGeneration <= generation) return { entry, fate: isPassed ? 'counted' : 'pending', logGeneration: at.logGeneration };
  const own = ended.findLast((log) => log.lane === lane && log.partition === partition && log.logGeneration <= generation);
  if (own === undefined || own.nextOffset <= lastOffset) return { entry, fate: 'unknown', logGeneration: generation };
  const isInNewLog = (logEnds(lane).get(partition) ?? Infinity) > lastOffset;
  return { entry, fate: isPassed || !isInNewLog ? 'counted' : 'pending', logGeneration: own.logGeneration };
}

/** How far the entry's lane of its partition is counted; null: not known. */
function standingOf({ lane, partition }: ReceiptEntry, held: readonly HeldProgress[]): CountedLane | null {
  const whole = held.find((one) => one.partition === partition);
  return (lane === 'live' ? whole : whole?.backfill) ?? null;
}

/** One for each run, so that no other request's records are among them. */
function spansOf({ entry, logGeneration }: Judged): readonly LogSpan[] {
  const { lane, partition, runs } = entry;
  return runs.map(({ first, count }) => ({ lane, partition, logGeneration, firstOffset: first, lastOffset: first + count - 1 }));
}
