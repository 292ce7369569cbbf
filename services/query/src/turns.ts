/**
 * Turns at making answers. What is made anew takes milliseconds of the one thread that also gives out kept answers, so only some
 * are made at once; others wait, those of each tenant in their order and tenants by turns, so that nobody's flood stands before
 * another's request. Who would wait longer than is worth waiting for is refused at once and told when to come again: nothing is
 * begun that its caller no longer waits for. What may become a job takes long and has a lane of its own. Jobs and watched answers
 * take no turn: they are few at a time.
 */
export interface TurnsDeps {
  /** So many at once. */
  readonly atOnce: number;
  /** Longest expected wait with which one is let in. */
  readonly waitMaxMs: number;
  readonly monotonicMs: () => number;
  readonly onChange: (counts: { readonly making: number; readonly waiting: number }) => void;
  readonly onRefused: () => void;
}

/** @throws Overloaded */
export type TakeTurn = <T>(tenant: string, action: () => Promise<T>) => Promise<T>;

/** Whose turn it is, and whether one is taken at all. */
export interface TurnTaker {
  readonly tenant: string;
  readonly takesTurns?: boolean;
}

/** @throws Overloaded */
export async function inTurn<T>(takeTurn: TakeTurn, { tenant, takesTurns = false }: TurnTaker, action: () => Promise<T>): Promise<T> {
  return takesTurns ? takeTurn(tenant, action) : action();
}

export class Overloaded extends Error {
  readonly retryAfterS: number;

  constructor(retryAfterS: number) {
    super(`as many answers wait to be made as may; the next one could begin in ${String(retryAfterS)} s`);
    this.name = 'Overloaded';
    this.retryAfterS = retryAfterS;
  }
}

export interface Lanes {
  readonly quick: TakeTurn;
  /** For what may become a job. */
  readonly slow: TakeTurn;
}

/** What the latest one took counts so much against all before it. */
const LATEST_SHARE = 0.1;
/** Before the first one is done. */
const FIRST_TAKES_MS = 10;

export function createTurns({ atOnce, waitMaxMs, monotonicMs, onChange, onRefused }: TurnsDeps): TakeTurn {
  /** By tenant, the one whose turn is next first; none is empty. */
  const queues = new Map<string, (() => void)[]>();
  let [making, waiting, takesMs] = [0, 0, FIRST_TAKES_MS];

  /** Milliseconds until one that comes now would begin. */
  function expectedMs(tenant: string): number {
    const own = queues.get(tenant)?.length ?? 0;
    const tenants = queues.size + (own === 0 ? 1 : 0);
    const before = Math.min(waiting, own * tenants + tenants - 1);
    return ((before + 1) * takesMs) / atOnce;
  }

  async function begin(tenant: string): Promise<void> {
    if (making < atOnce) {
      making += 1;
      onChange({ making, waiting });
      return;
    }
    const waitMs = expectedMs(tenant);
    if (waitMs > waitMaxMs) {
      onRefused();
      throw new Overloaded(Math.ceil(waitMs / 1_000));
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    const queue = queues.get(tenant) ?? [];
    queues.set(tenant, queue);
    queue.push(resolve);
    waiting += 1;
    onChange({ making, waiting });
    await promise;
  }

  /** To the first of the tenant whose turn it is; its other ones stand behind those of all others. */
  function passOn(): void {
    const [first] = queues;
    if (first === undefined) {
      making -= 1;
    } else {
      const [tenant, [next, ...others]] = first;
      queues.delete(tenant);
      if (others.length > 0) queues.set(tenant, others);
      waiting -= 1;
      next?.();
    }
    onChange({ making, waiting });
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
