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
/** Beyond it the names of a batch are not told apart; classes still are. */
const NAMES_PER_BATCH = 5_000;

export function createCacheFigures({ figures, instance, nowMs, onError }: CacheFiguresDeps): CacheFigures {
  let open = new Map<string, OpenBatch>();
  let unsent: readonly FiguresBatch[] = [];
  let batches = 0;

  function batchOf(tenant: string): OpenBatch {
    const hourS = Math.floor(nowMs() / 1_000 / HOUR_S) * HOUR_S;
    const key = `${tenant} ${hourS}`;
    const batch = open.get(key) ?? { tenant, hourS, classes: new Map(), names: new Map() };
    open.set(key, batch);
    return batch;
  }

  async function send(): Promise<void> {
    const closed = [...open.values()].map(({ tenant, hourS, classes, names }) => ({
      ...{ id: `${instance}-${(batches += 1)}`, tenant, hourS },
      ...{ classes: [...classes.values()], names: [...names.values()] },
    }));
    open = new Map();
    unsent = [...unsent, ...closed];
    for (let next = unsent[0]; next !== undefined; next = unsent[0]) {
      await figures.add(next);
      unsent = unsent.slice(1);
    }
  }

  return {
    count({ tenant, of, name }, what) {
      const { classes, names } = batchOf(tenant);
      const counts = classes.get(of) ?? { of, hits: 0, misses: 0, errors: 0, writes: 0, changed: 0, evicted: 0 };
      classes.set(of, { ...counts, [what]: counts[what] + 1 });
      if (what !== 'hits' && what !== 'misses') return;
      const known = names.get(name) ?? { name, hits: 0, misses: 0 };
      if (names.size < NAMES_PER_BATCH || names.has(name)) names.set(name, { ...known, [what]: known[what] + 1 });
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
