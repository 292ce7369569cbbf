/** Names of what changes, under which marks lie: keyed hashes, so that neither a person nor the id of a thing is in a key. */
import { hashParts } from '@tidegate/core';
import type { ChangedEntities } from '@tidegate/core';
import type { ChunkName, TenantNames } from '@tidegate/redis';
import type { EntityName } from './read-log.ts';

export interface ChangedNames {
  ofMetric(metric: string, person: string | null): string;
  ofEntity(of: EntityName, which: { readonly person: string | null; readonly id: string | null }): string;
  /** What is dropped by hand: a class, one name, all that was asked about a person. */
  ofKept(kind: 'class' | 'name' | 'person', text: string): string;
  /** Under every name by which somebody may have read them. */
  ofChanges(
    chunks: readonly Pick<ChunkName, 'tenant' | 'metric' | 'subject'>[],
    entities: readonly ChangedEntities[],
  ): readonly TenantNames[];
}

/** No padding in base64. */
const NAME_BYTES = 15;

/** `key`: 16 bytes derived from SECRET_KEY under the label `tidegate/changed`, the same in all instances. */
export function createChangedNames(key: Uint8Array): ChangedNames {
  // SipHash: every person whose cells change is named, and HMAC took an eighth of the service's time where all of them are new.
  const nameOf = (...parts: readonly string[]): string => Buffer.from(hashParts(key, parts).buffer, 0, NAME_BYTES).toString('base64url');
  // Few of them, and each batch names them again.
  const whole = new Map<string, string>();
  const wholeOf = (kind: string, of: string): string => {
    const name = whole.get(`${kind} ${of}`) ?? nameOf(kind, of);
    whole.set(`${kind} ${of}`, name);
    return name;
  };
  const names: ChangedNames = {
    ofMetric: (metric, person) => (person === null ? wholeOf('metric', metric) : nameOf('metric', metric, person)),
    ofEntity({ pack, entity }, { person, id }) {
      const of = `${pack}/${entity}`;
      if (id !== null) return nameOf('id', of, id);
      return person === null ? wholeOf('entity', of) : nameOf('entity', of, person);
    },
    ofKept: (kind, text) => nameOf('kept', kind, text),
    ofChanges(chunks, entities) {
      const found = new Map<string, Set<string>>();
      const add = (tenant: string, name: string): void => {
        const known = found.get(tenant) ?? new Set();
        found.set(tenant, known.add(name));
      };
      for (const { tenant, metric, subject } of distinct(chunks)) {
        add(tenant, names.ofMetric(metric, null));
        if (subject !== null) add(tenant, names.ofMetric(metric, subject));
      }
      for (const { tenant, keys, ...of } of entities) {
        add(tenant, names.ofEntity(of, { person: null, id: null }));
        for (const { subject, id } of keys) {
          if (subject !== '') add(tenant, names.ofEntity(of, { person: subject, id: null }));
          if (id !== '') add(tenant, names.ofEntity(of, { person: null, id }));
        }
      }
      return [...found].map(([tenant, all]) => ({ tenant, names: [...all] }));
    },
  };
  return names;
}

/** A person's cells lie in as many chunks as there are days and grains, which have one name. */
function distinct<T extends Pick<ChunkName, 'tenant' | 'metric' | 'subject'>>(chunks: readonly T[]): readonly T[] {
  return [...new Map(chunks.map((chunk) => [`${chunk.tenant} ${chunk.metric} ${chunk.subject ?? ''}`, chunk])).values()];
}
