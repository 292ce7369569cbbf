/**
 * Turns at what only some may do at once: making answers anew, being sent on to a service. Others wait, those of each tenant in
 * their order and tenants by turns, so that nobody's flood stands before another's request. Who would wait longer than is worth
 * waiting for is refused at once and told when to come again: nothing is begun that its caller no longer waits for.
 */
export interface TurnsDeps {
  /** So many at once. */
  readonly atOnce: number;
  /** Who has so many before them is refused, however fast they may go; default: no bound. */
  readonly beforeMax?: number;
  /** Longest expected wait with which one is let in. */
  readonly waitMaxMs: number;
  readonly monotonicMs: () => number;
  readonly onChange: (counts: { readonly going: number; readonly waiting: number }) => void;
  readonly onRefused: () => void;
}

/** @throws Overloaded */
export type TakeTurn = <T>(tenant: string, action: () => Promise<T>) => Promise<T>;

export class Overloaded extends Error {
  readonly retryAfterS: number;

  constructor(retryAfterS: number) {
    super(`as many wait for their turn as may; the next one could begin in ${String(retryAfterS)} s`);
    this.name = 'Overloaded';
    this.retryAfterS = retryAfterS;
  }
}

/** What the latest one took counts so much against all before it. */
const LATEST_SHARE = 0.1;
/** Before the first one is done. */
const FIRST_TAKES_MS = 10;

export function createTurns(deps: TurnsDeps): TakeTurn {
  const { atOnce, beforeMax = Number.POSITIVE_INFINITY, waitMaxMs, monotonicMs, onChange, onRefused } = deps;
  /** By tenant, the one whose turn is next first; none is empty. */
  const queues = new Map<string, (() => void)[]>();
  let [going, waiting, takesMs] = [0, 0, FIRST_TAKES_MS];

  /** How many begin before one that comes now. */
  function countBefore(tenant: string): number {
    const own = queues.get(tenant)?.length ?? 0;
    const tenants = queues.size + (own === 0 ? 1 : 0);
    return Math.min(waiting, own * tenants + tenants - 1);
  }

  async function begin(tenant: string): Promise<void> {
    if (going < atOnce) {
      going += 1;
      onChange({ going, waiting });
      return;
    }
    const before = countBefore(tenant);
    const waitMs = ((before + 1) * takesMs) / atOnce;
    if (before >= beforeMax || waitMs > waitMaxMs) {
      onRefused();
      throw new Overloaded(Math.ceil(waitMs / 1_000));
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    const queue = queues.get(tenant) ?? [];
    queues.set(tenant, queue);
    queue.push(resolve);
    waiting += 1;
    onChange({ going, waiting });
    await promise;
  }

  /** To the first of the tenant whose turn it is; its other ones stand behind those of all others. */
  function passOn(): void {
    const [first] = queues;
    if (first === undefined) {
      going -= 1;
    } else {
      const [tenant, [next, ...others]] = first;
      queues.delete(tenant);
      if (others.length > 0) queues.set(tenant, others);
      waiting -= 1;
      next?.();
    }
    onChange({ going, waiting });
  }

  return async function takeTurn(tenant, action) {
    await begin(tenant);
    const fromMs = monotonicMs();
    try {
      return await action();
    } finally {
      takesMs += LATEST_SHARE * (monotonicMs() - fromMs - takesMs);
      passOn();
    }
  };
}
