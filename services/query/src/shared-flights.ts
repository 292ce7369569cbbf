/**
 * Runs one action per key at a time. Who asks while one runs shares the next, and never the one that runs: that one may have
 * looked before something that the asker knows of.
 */
export function createSharedFlights(): <T>(key: string, action: () => Promise<T>) => Promise<T> {
  const flights = new Map<string, { readonly done: Promise<unknown>; next: Promise<unknown> | null }>();

  async function begin<T>(key: string, action: () => Promise<T>): Promise<T> {
    const done = action();
    const flight = { done, next: null };
    flights.set(key, flight);
    try {
      return await done;
    } finally {
      if (flight.next === null) flights.delete(key);
    }
  }

  return async function share<T>(key: string, action: () => Promise<T>): Promise<T> {
    const running = flights.get(key);
    if (running === undefined) return begin(key, action);
    running.next ??= running.done.catch(() => undefined).then(async () => begin(key, action));
    // The same key always runs the same kind of action, so what comes back is of its type.
    return running.next as Promise<T>;
  };
}
