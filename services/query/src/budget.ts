import { createDeadline } from '@tidegate/runtime';

const deadline = createDeadline();

/** What the cache answers within `ms`, else `DeadlinePassed`, and Postgres answers; what comes later is dropped. */
export async function within<T>(ms: number, action: () => Promise<T>): Promise<T> {
  // The time begins before the action does.
  return deadline(ms, Promise.resolve().then(action));
}
