/** Names of what changes, under which marks lie: keyed hashes, so that neither a person nor the id of a thing is in a key. */
import { hashParts } from '@tidegate/core';
import type { ChangedEntities } from '@tidegate/core';
import type { ChangedMarks, ChunkName } from '@tidegate/redis';
import type { EntityName, LookedUp, WhichRows } from './read-log.ts';

export interface ChangedNames {
  ofMetric(metric: string, person: string | null): string;
  /** `value` is not looked at: it has names of its own. */
  ofEntity(of: EntityKey, which: Omit<WhichRows, 'value'>): string;
  ofLookup(of: EntityKey, value: LookedUp): string;
  /** Its mark ends with `endingOf` the lookups whose values are told, and stays as long as all that change rows tell these. */
  ofTold(of: EntityKey): string;
  endingOf(lookups: readonly string[]): string;
  /** What is dropped by hand: a class, one name, all that was asked about a person. */
  ofKept(kind: 'class' | 'name' | 'person', text: string): string;
  /** Under every name by which somebody may have read them. */
  ofChanges(
    chunks: readonly Pick<ChunkName, 'tenant' | 'metric' | 'subject'>[],
    entities: readonly ChangedEntities[],
  ): readonly ChangedMarks[];
}

type EntityKey = Omit<EntityName, 'lookups'>;

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
    ofLookup: ({ pack, entity }, { lookup, text }) => nameOf('lookup', `${pack}/${entity}`, lookup, text),
    ofTold: ({ pack, entity }) => wholeOf('told', `${pack}/${entity}`),
    endingOf: (lookups) => `.${wholeOf('lookups', lookups.join(' '))}`,
    ofKept: (kind, text) => nameOf('kept', kind, text),
    ofChanges(chunks, entities) {
      const found = new Map<string, Falling>();
      const of = (tenant: string): Falling => {
        const known = found.get(tenant) ?? { names: new Set(), unless: new Map() };
        found.set(tenant, known);
        return known;
      };
      for (const { tenant, metric, subject } of distinct(chunks)) {
        of(tenant).names.add(names.ofMetric(metric, null));
        if (subject !== null) of(tenant).names.add(names.ofMetric(metric, subject));
      }
      for (const changed of entities) addRows(names, changed, of(changed.tenant));
      return [...found].map(([tenant, falling]) => ({ tenant, names: [...falling.names], unless: [...falling.unless.values()] }));
    },
  };
  return names;
}

interface Falling {
  readonly names: Set<string>;
  readonly unless: Map<string, { readonly name: string; readonly ending: string }>;
}

function addRows(names: ChangedNames, { lookups, keys, ...of }: ChangedEntities, { names: add, unless }: Falling): void {
  const told = { name: names.ofTold(of), ending: names.endingOf(lookups) };
  unless.set(`${told.name} ${told.ending}`, told);
  add.add(names.ofEntity(of, { person: null, id: null }));
  for (const { subject, id, values } of keys) {
    if (subject !== '') add.add(names.ofEntity(of, { person: subject, id: null }));
    if (id !== '') add.add(names.ofEntity(of, { person: null, id }));
    for (const [at, lookup] of lookups.entries()) {
      for (const text of values[at] ?? []) add.add(names.ofLookup(of, { lookup, text }));
    }
  }
}

/** A person's cells lie in as many chunks as there are days and grains, which have one name. */
function distinct<T extends Pick<ChunkName, 'tenant' | 'metric' | 'subject'>>(chunks: readonly T[]): readonly T[] {
  return [...new Map(chunks.map((chunk) => [`${chunk.tenant} ${chunk.metric} ${chunk.subject ?? ''}`, chunk])).values()];
}
