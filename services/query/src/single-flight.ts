/** Runs one action per key at a time; who asks meanwhile waits for the running one and shares its outcome. */
export function createSingleFlight(): <T>(key: string, action: () => Promise<T>) => Promise<T> {
  // No `Map`: entries come and go with each question (see `createInFlight`).
  const running = Object.create(null) as Record<string, Promise<unknown> | undefined>;
  return async function once<T>(key: string, action: () => Promise<T>): Promise<T> {
    const joined = running[key];
    // The same key always runs the same kind of action, so what comes back is of its type.
    if (joined !== undefined) return joined as Promise<T>;
    const started = action().finally(() => Reflect.deleteProperty(running, key));
    running[key] = started;
    return started;
  };
}
