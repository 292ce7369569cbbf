/** Counts what became of kept answers, by class and by name, and brings it to Redis each second, in batches that count once. */
import type { CacheCounts, ClassCounts, FiguresBatch, KeptFigures, NameCounts } from '@tidegate/redis';

export interface Counted {
  readonly tenant: string;
  /** `pack.class`. */
  readonly of: string;
  readonly name: string;
}

export interface CacheFigures {
  count(of: Counted, what: keyof CacheCounts): void;
  /** What was counted so far is brought away, or tried again the next time. */
  flush(): Promise<void>;
}

export interface CacheFiguresDeps {
  readonly figures: Pick<KeptFigures, 'add'>;
  /** Of this process. */
  readonly instance: string;
  readonly nowMs: () => number;
  readonly onError: (error: unknown) => void;
}

interface OpenBatch {
  readonly tenant: string;
  readonly hourS: number;
  readonly classes: Map<string, ClassCounts>;
  readonly names: Map<string, NameCounts>;
}

const HOUR_S = 3_600;
/** Beyond them the names of a batch, and of all that waits while Redis is away, are not told apart; classes still are. */
const NAMES_PER_BATCH = 5_000;
const NAMES_WAITING = 20_000;
const NOTHING: CacheCounts = { hits: 0, misses: 0, errors: 0, writes: 0, changed: 0, evicted: 0 };

export function createCacheFigures({ figures, instance, nowMs, onError }: CacheFiguresDeps): CacheFigures {
  let open = new Map<string, OpenBatch>();
  let unsent: readonly FiguresBatch[] = [];
  let batches = 0;
  let namesWaiting = 0;

  function batchOf(tenant: string): OpenBatch {
    const hourS = Math.floor(nowMs() / 1_000 / HOUR_S) * HOUR_S;
    const key = `${tenant} ${hourS}`;
    const batch = open.get(key) ?? { tenant, hourS, classes: new Map(), names: new Map() };
    open.set(key, batch);
    return batch;
  }

  function close(): readonly FiguresBatch[] {
    const closed = [...open.values()].map(({ tenant, hourS, classes, names }) => ({
      ...{ id: `${instance}-${(batches += 1)}`, tenant, hourS },
      ...{ classes: [...classes.values()], names: [...names.values()] },
    }));
    open = new Map();
    namesWaiting = 0;
    return closed;
  }

  async function sendUnsent(): Promise<void> {
    for (let next = unsent[0]; next !== undefined; next = unsent[0]) {
      await figures.add(next);
      unsent = unsent.slice(1);
    }
  }

  /** While Redis is away no more batches are closed: what is counted goes on in the open ones, which are bounded. */
  async function send(): Promise<void> {
    await sendUnsent();
    unsent = close();
    await sendUnsent();
  }

  function countName({ names }: OpenBatch, name: string, what: keyof CacheCounts): void {
    const known = names.get(name);
    if (known === undefined && (names.size >= NAMES_PER_BATCH || namesWaiting >= NAMES_WAITING)) return;
    if (known === undefined) namesWaiting += 1;
    const counts = known ?? { name, ...NOTHING };
    names.set(name, { ...counts, [what]: counts[what] + 1 });
  }

  return {
    count({ tenant, of, name }, what) {
      const batch = batchOf(tenant);
      const counts = batch.classes.get(of) ?? { of, ...NOTHING };
      batch.classes.set(of, { ...counts, [what]: counts[what] + 1 });
      countName(batch, name, what);
    },
    flush: async () => send().catch(onError),
  };
}

export interface FollowFiguresDeps {
  readonly figures: CacheFigures;
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly signal: AbortSignal;
}

const EVERY_MS = 1_000;

/** Each second, and once more at the end. */
export async function followFigures({ figures, pause, signal }: FollowFiguresDeps): Promise<void> {
  while (!signal.aborted) {
    await pause(EVERY_MS, signal).catch(() => undefined);
    await figures.flush();
  }
}
