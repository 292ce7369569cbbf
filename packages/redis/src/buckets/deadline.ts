/** An answer did not come within its time. Whether the command took effect is not known. */
export class DeadlinePassed extends Error {
  constructor(ms: number) {
    super(`no answer within ${ms} ms`);
    this.name = 'DeadlinePassed';
  }
}

/**
 * The answer, or a rejection after `ms`. A process that was busy for longer than that finds timer and answer due in the same
 * turn of the loop; what has arrived is looked at before the time is called up.
 */
export async function within<T>(ms: number, answer: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => setImmediate(() => late.reject(new DeadlinePassed(ms))), ms);
  try {
    return await Promise.race([answer, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
