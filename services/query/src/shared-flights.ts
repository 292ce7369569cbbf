/**
 * Runs one action per key at a time. Who asks while one runs shares the next, and never the one that runs: that one may have
 * looked before something that the asker knows of.
 */
export function createSharedFlights(): <T>(key: string, action: () => Promise<T>) => Promise<T> {
  // No `Map`: entries come and go with each question (see `createInFlight`).
  const flights = Object.create(null) as Record<string, Flight | undefined>;

  async function begin<T>(key: string, action: () => Promise<T>): Promise<T> {
    const done = action();
    const flight: Flight = { done, next: null };
    flights[key] = flight;
    try {
      return await done;
    } finally {
      if (flight.next === null) Reflect.deleteProperty(flights, key);
    }
  }

  return async function share<T>(key: string, action: () => Promise<T>): Promise<T> {
    const running = flights[key];
    if (running === undefined) return begin(key, action);
    running.next ??= running.done.catch(() => undefined).then(async () => begin(key, action));
    // The same key always runs the same kind of action, so what comes back is of its type.
    return running.next as Promise<T>;
  };
}

interface Flight {
  readonly done: Promise<unknown>;
  next: Promise<unknown> | null;
}
