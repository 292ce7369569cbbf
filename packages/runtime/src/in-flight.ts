/** What is under way: members come and go, each once. */
export interface InFlight<T> extends Iterable<T> {
  readonly size: number;
  /** Returns what takes the member out again; calling that twice is harmless. */
  enter(member: T): () => void;
}

interface Place<T> {
  readonly member: T;
  /** Index among the places; -1 when the member has left. */
  at: number;
}

/**
 * For whatever comes and goes with each request or record. Not a `Set` or `Map`: those move to a new table after every few
 * changes, the old table keeps what it held and points to the new one, and once a full garbage collection has made any of them
 * old, all later ones and all that they held look alive until the next (docs/adr/0012-garbage-that-stays.md).
 */
export function createInFlight<T>(): InFlight<T> {
  const places: Place<T>[] = [];

  function leave(place: Place<T>): void {
    if (place.at < 0) return;
    const last = places.pop();
    if (last !== undefined && last !== place) {
      last.at = place.at;
      places[place.at] = last;
    }
    place.at = -1;
  }

  return {
    get size() {
      return places.length;
    },
    enter(member) {
      const place = { member, at: places.length };
      places.push(place);
      return () => leave(place);
    },
    // Of those that are there now: some may leave while the caller looks at them.
    [Symbol.iterator]: () => places.map(({ member }) => member)[Symbol.iterator](),
  };
}

/** Work is under way until it settles. What is held rejects as the work does. */
export function enterUntilSettled<T>(inFlight: InFlight<Promise<T>>, work: Promise<T>): void {
  const leave = inFlight.enter(
    work.finally(() => {
      leave();
    }),
  );
}
