import type { PersonKeyStore, SubjectIdStore } from '@tidegate/postgres';
import type { Clock, KeyWrapper } from '@tidegate/runtime';
import { createKeyWrapper } from '@tidegate/runtime';
import type { Logger, Metrics } from '@tidegate/telemetry';
import type { IngestConfig } from './config.ts';
import { createPersonKeys, type PersonKeys } from './person-keys.ts';
import { createSubjectIds, type SubjectIds } from './subject-ids.ts';

/** What values of persons, and their ids, are sealed with. */
export interface Sealing {
  readonly wrapper: KeyWrapper;
  readonly keys: PersonKeys;
  readonly ids: SubjectIds;
}

export interface SealingDeps {
  readonly config: Pick<IngestConfig, 'fieldKeys' | 'personKeyCacheEntries'>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** Null: this process was not told where Postgres is. */
  readonly personKeys: PersonKeyStore | null;
  readonly subjectIds: SubjectIdStore | null;
}

export function createSealing(parts: SealingDeps): Sealing {
  const { config, personKeys, subjectIds } = parts;
  const cacheEntries = config.personKeyCacheEntries;
  const wrapper = createKeyWrapper(config.fieldKeys);
  const keys = createPersonKeys({ ...parts, store: personKeys, wrapper, cacheEntries });
  return { wrapper, keys, ids: createSubjectIds({ ...parts, store: subjectIds, keys, cacheEntries }) };
}
