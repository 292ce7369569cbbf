import type { SubjectIdStore } from '@tidegate/postgres';
import type { Clock } from '@tidegate/runtime';
import { sealId } from '@tidegate/runtime';
import type { Logger, Metrics } from '@tidegate/telemetry';
import { LRUCache } from 'lru-cache';
import type { PersonKeys } from './person-keys.ts';

/** The ids that pseudonyms were made of, kept sealed for packs that say so (docs/design/sealed-fields.md, section 9). */
export interface SubjectIds {
  /** Never waits, and never fails: an id that cannot be kept now comes with the person's next event. */
  note(tenant: string, pseudonym: string, id: string): void;
  /** Resolves when nothing is under way. */
  settled(): Promise<void>;
}

export interface SubjectIdsDeps {
  /** Null: this process was not told where Postgres is. */
  readonly store: Pick<SubjectIdStore, 'keepIds'> | null;
  readonly keys: PersonKeys;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly log: Logger;
  /** Persons whose id is known to be kept. */
  readonly cacheEntries: number;
}

/** Ids in memory that are yet to be kept; of more persons at once the further ones come with a later event. */
const WAITING_MAX = 20_000;
const AT_ONCE = 1_000;
const PAUSE_MS = 1_000;

interface Noted {
  readonly tenant: string;
  readonly subject: string;
  readonly id: string;
}

/** Nothing that is accepted depends on it, so it goes behind the events: a wave of new persons costs a statement beside their keys. */
export function createSubjectIds(deps: SubjectIdsDeps): SubjectIds {
  const { store, clock, metrics, log } = deps;
  const kept = new LRUCache<string, true>({ max: deps.cacheEntries });
  const waiting = new Map<string, Noted>();
  const degraded = metrics.gauge('degraded', { reason: 'subject_ids' });
  degraded.set(0);
  let working: Promise<void> | null = null;
  let pausedUntilMs = -Infinity;

  async function keep(into: NonNullable<typeof store>): Promise<void> {
    while (waiting.size > 0) {
      const page = [...waiting].slice(0, AT_ONCE);
      try {
        const sealed = await Promise.all(page.map(([name, noted]) => sealOne(deps.keys, name, noted)));
        const ids = sealed.filter((one) => one !== null);
        if (ids.length > 0) await into.keepIds(ids);
        for (const { name } of ids) kept.set(name, true);
        degraded.set(ids.length === page.length ? 0 : 1);
        if (ids.length < page.length) pausedUntilMs = clock.monotonicMs() + PAUSE_MS;
      } catch (error) {
        pausedUntilMs = clock.monotonicMs() + PAUSE_MS;
        degraded.set(1);
        log.warn('subject_ids_not_kept', { error });
      }
      for (const [name] of page) waiting.delete(name);
    }
    working = null;
  }

  return {
    note(tenant, subject, id) {
      const name = `${tenant}/${subject}`;
      if (store === null || kept.get(name) === true || waiting.has(name)) return;
      if (waiting.size >= WAITING_MAX || clock.monotonicMs() < pausedUntilMs) return;
      waiting.set(name, { tenant, subject, id });
      // What the rest of this piece of a body brings goes with it.
      working ??= new Promise((resolve) => setImmediate(() => void keep(store).then(resolve)));
    },
    settled: async () => working ?? undefined,
  };
}

/** Null: the person has no key now, and who is erased gets none. */
async function sealOne(keys: PersonKeys, name: string, { tenant, subject, id }: Noted) {
  const key = keys.known(tenant, subject) ?? (await keys.fetch(tenant, subject));
  return key === null ? null : { name, tenant, subject, sealedId: sealId(key, { tenant, subject }, id) };
}
