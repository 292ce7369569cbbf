/** Runs one action per key at a time; who asks meanwhile waits for the running one and shares its outcome. */
export function createSingleFlight(): <T>(key: string, action: () => Promise<T>) => Promise<T> {
  const running = new Map<string, Promise<unknown>>();
  return async function once<T>(key: string, action: () => Promise<T>): Promise<T> {
    const joined = running.get(key);
    // The same key always runs the same kind of action, so what comes back is of its type.
    if (joined !== undefined) return joined as Promise<T>;
    const started = action().finally(() => running.delete(key));
    running.set(key, started);
    return started;
  };
}
