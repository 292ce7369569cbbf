import type { PersonKeyStore } from '@tidegate/postgres';
import type { Clock, KeyHolder, KeyWrapper, PersonKey, WrappedPersonKey } from '@tidegate/runtime';
import type { Logger, Metrics } from '@tidegate/telemetry';
import { LRUCache } from 'lru-cache';

/** The keys with which values of persons are sealed. */
export interface PersonKeys {
  /** Null: it is not in memory. */
  known(tenant: string, pseudonym: string): PersonKey | null;
  /** From Postgres, where it is made if there is none; null: it cannot be had now. */
  fetch(tenant: string, pseudonym: string): Promise<PersonKey | null>;
}

export interface PersonKeysDeps {
  /** Null: this process was not told where Postgres is. */
  readonly store: PersonKeyStore | null;
  readonly wrapper: KeyWrapper;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly log: Logger;
  /** Keys kept in memory. */
  readonly cacheEntries: number;
}

/** Keys asked for with one statement. */
const ASKED_MAX = 1_000;
/** Who waits longer is told that there is no key, and sends the event again. */
const WAIT_MAX_MS = 2_000;
/** After a failure nothing is asked for this long: senders hear at once that they have to come again. */
const PAUSE_MS = 500;

interface Wanted extends KeyHolder {
  readonly name: string;
  readonly promise: Promise<PersonKey | null>;
  readonly resolve: (key: PersonKey | null) => void;
}

/**
 * Keys are given out only as they stand in Postgres, committed: the row comes before the first value that needs it. What is asked
 * for while a statement is under way goes with the next one, so a wave of new persons costs three statements.
 */
export function createPersonKeys(deps: PersonKeysDeps): PersonKeys {
  const { clock } = deps;
  const cache = new LRUCache<string, PersonKey>({ max: deps.cacheEntries });
  const wanted = new Map<string, Wanted>();
  const degraded = deps.metrics.gauge('degraded', { reason: 'person_keys' });
  degraded.set(0);
  let queue: Wanted[] = [];
  let isAsking = false;
  let pausedUntilMs = -Infinity;

  function settle(one: Wanted, key: PersonKey | null): void {
    if (key !== null) cache.set(one.name, key);
    wanted.delete(one.name);
    one.resolve(key);
  }

  /** Everybody who waits is told that there is no key now; until `untilMs` others hear it at once. */
  function giveUp(untilMs: number, error: unknown): void {
    pausedUntilMs = untilMs;
    degraded.set(1);
    deps.metrics.counter('person_keys_total', { result: 'failed' }).inc(wanted.size);
    deps.log.warn('person_keys_not_had', { error });
    queue = [];
    for (const one of [...wanted.values()]) settle(one, null);
  }

  async function ask(store: PersonKeyStore): Promise<void> {
    while (queue.length > 0) {
      const asked = queue.slice(0, ASKED_MAX);
      queue = queue.slice(ASKED_MAX);
      const deadline = setTimeout(() => giveUp(Infinity, new Error('Postgres is late')), WAIT_MAX_MS);
      try {
        const rows = await findOrMake(deps, store, asked);
        pausedUntilMs = -Infinity;
        degraded.set(0);
        for (const one of asked) settle(one, openKey(deps, rows.get(one.name)));
      } catch (error) {
        giveUp(clock.monotonicMs() + PAUSE_MS, error);
      } finally {
        clearTimeout(deadline);
      }
    }
    isAsking = false;
  }

  return {
    known: (tenant, pseudonym) => cache.get(nameOf({ tenant, subject: pseudonym })) ?? null,
    fetch(tenant, subject) {
      const name = nameOf({ tenant, subject });
      const under = wanted.get(name);
      if (under !== undefined) return under.promise;
      if (deps.store === null || clock.monotonicMs() < pausedUntilMs) return Promise.resolve(null);
      const one = { tenant, subject, name, ...Promise.withResolvers<PersonKey | null>() };
      wanted.set(name, one);
      queue.push(one);
      if (!isAsking) {
        isAsking = true;
        const { store } = deps;
        // What the rest of this piece of a body needs is asked for together.
        setImmediate(() => void ask(store));
      }
      return one.promise;
    },
  };
}

/** Rows by the name of their holder. */
async function findOrMake(
  { wrapper, metrics }: PersonKeysDeps,
  store: PersonKeyStore,
  asked: readonly Wanted[],
): Promise<ReadonlyMap<string, WrappedPersonKey>> {
  const found = new Map((await store.find(asked)).map((row) => [nameOf(row), row]));
  const missing = asked.flatMap(({ name, tenant, subject }) => (found.has(name) ? [] : [wrapper.make({ tenant, subject })]));
  metrics.counter('person_keys_total', { result: 'found' }).inc(found.size);
  if (missing.length === 0) return found;
  for (const row of await store.insertOrRead(missing)) found.set(nameOf(row), row);
  metrics.counter('person_keys_total', { result: 'made' }).inc(missing.length);
  return found;
}

function openKey({ wrapper, metrics, log }: PersonKeysDeps, row: WrappedPersonKey | undefined): PersonKey | null {
  // Who is erased has none and gets none.
  if (row === undefined) return null;
  const key = wrapper.unwrap(row);
  if (key !== null) return key;
  metrics.counter('person_keys_total', { result: 'unreadable' }).inc();
  // FIELD_KEYS lacks the key that wraps it: nothing new may take its place, for older values would be lost.
  log.error('person_key_unreadable');
  return null;
}

/** Neither a tenant's name nor a pseudonym holds a slash. */
function nameOf({ tenant, subject }: KeyHolder): string {
  return `${tenant}/${subject}`;
}
