/** Raised when the cache did not answer within its budget; Postgres answers then. */
export class BudgetSpent extends Error {
  constructor() {
    super('the cache did not answer within its budget');
    this.name = 'BudgetSpent';
  }
}

/** The outcome of `action`, or `BudgetSpent` after `ms`; what comes later is dropped. */
export async function within<T>(ms: number, action: () => Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    // What has come while this process was busy is read before it is called late.
    timer = setTimeout(() => setImmediate(() => reject(new BudgetSpent())), ms);
  });
  const running = action();
  running.catch(() => undefined);
  try {
    return await Promise.race([running, late]);
  } finally {
    clearTimeout(timer);
  }
}
