/**
 * A connection whose server, or whose way there, is gone without a word looks like any other: nobody told this side. A statement
 * would wait its whole time limit on it, and fail. So what was idle for a while is asked for an answer before it is handed out. Under
 * load that is none: the pool hands out first what came back last.
 */
import pg from 'pg';

export interface TestBeforeUse {
  /** Idle for no longer than this, a connection is handed out as it is. */
  readonly idleMs: number;
  /** How long its answer may take. */
  readonly withinMs: number;
  readonly monotonicMs: () => number;
  /** Hears of each connection that did not answer. */
  readonly onGone: () => void;
}

/** Its text is known to who counts what requests ask. */
const TEST = '/* test before use */ SELECT 1';

type Taken = (error: Error | undefined, client: pg.PoolClient | undefined, release: (error?: Error | boolean) => void) => void;

export function testBeforeUse(pool: pg.Pool, { idleMs, withinMs, monotonicMs, onGone }: TestBeforeUse): void {
  const connect = pool.connect.bind(pool);
  const givenBackMs = new WeakMap<pg.PoolClient, number>();
  /** When a test that failed began: what lay idle then is as likely gone, and is not waited for one by one. */
  let failedMs = -Infinity;
  pool.on('release', (_, client) => givenBackMs.set(client, monotonicMs()));

  function take(taken: Taken): void {
    connect((error, client, release) => {
      const sinceMs = client === undefined ? undefined : givenBackMs.get(client);
      if (client === undefined || sinceMs === undefined) return taken(error, client, release);
      if (sinceMs <= failedMs) return takeAnother(release, taken);
      if (monotonicMs() - sinceMs <= idleMs) return taken(error, client, release);
      const begunMs = monotonicMs();
      void answers(client, withinMs).then((isThere) => {
        if (isThere) return taken(undefined, client, release);
        failedMs = begunMs;
        onGone();
        return takeAnother(release, taken);
      });
    });
  }

  /** This one leaves the pool. There is an end to it: a connection that is made now is not tested. */
  function takeAnother(release: (error: boolean) => void, taken: Taken): void {
    release(true);
    take(taken);
  }

  function tested(taken?: Taken): Promise<pg.PoolClient> | undefined {
    if (taken !== undefined) {
      take(taken);
      return undefined;
    }
    return new Promise((resolve, reject) => take((error, client) => (client === undefined ? reject(error) : resolve(client))));
  }
  Reflect.set(pool, 'connect', tested);
}

/** Never rejects. A question that nobody answers goes with its connection. */
async function answers(client: pg.PoolClient, withinMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    // An answer that came while this process was busy is read before it is called late.
    timer = setTimeout(() => setImmediate(() => resolve(false)), withinMs);
  });
  // As the driver has it: it is no work of anybody's, to be timed, explained or held to a person.
  const asked: unknown = Reflect.apply(pg.Client.prototype.query, client, [TEST]);
  const answered = Promise.resolve(asked).then(
    () => true,
    () => false,
  );
  const isThere = await Promise.race([answered, late]);
  clearTimeout(timer);
  return isThere;
}
