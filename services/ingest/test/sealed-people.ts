import type { PersonKeyStore, SubjectIdStore } from '@tidegate/postgres';
import type { PersonKey, WrappedPersonKey } from '@tidegate/runtime';
import { createKeyWrapper, openField } from '@tidegate/runtime';
import { config, NOW_MS, packRecord, publish } from './ingest-fixture.ts';
import type { IngestFixture, StoredRecord } from './ingest-fixture.ts';

/** A pack whose people have an e-mail address that is sealed, and a room that is not. */
export const peoplePack = {
  pack: 'people',
  title: 'People',
  events: {
    'person.joined': {
      subject: 'required',
      fields: {
        email: { type: 'string', optional: true, sensitive: 'pii', action: 'seal', why: 'for the tests' },
        born: { type: 'date', optional: true, sensitive: 'pii', action: 'seal', why: 'for the tests' },
        birth_year: { type: 'integer', derive: { from: 'born', as: 'year' }, action: 'keep', why: 'for the tests' },
        room: { type: 'string', dimension: true },
      },
    },
  },
  metrics: { joined: { events: ['person.joined'], dimensions: ['room'], measures: { n: { measure: 'count' } } } },
};

export async function applyPeople({ client }: Pick<IngestFixture, 'client'>): Promise<void> {
  await publish(client, 'pack/acme/people', packRecord(peoplePack));
}

export function joined(id: string, subject: string, data = `"room":"a","email":"${subject}@example.org"`): string {
  const at = new Date(NOW_MS - 3_600_000).toISOString();
  return `{"id":"${id}","type":"person.joined","subject":"${subject}","occurred_at":"${at}","data":{${data}}}`;
}

/** Keys of persons in memory; each answer waits for `open`. */
export interface FakeKeys extends PersonKeyStore, SubjectIdStore {
  readonly rows: Map<string, WrappedPersonKey>;
  /** Sealed, by tenant and pseudonym. */
  readonly ids: Map<string, string>;
  readonly calls: string[];
  isAway: boolean;
  /** Until it resolves nothing is answered. */
  gate: Promise<void>;
}

export function createFakeKeys(): FakeKeys {
  const rows = new Map<string, WrappedPersonKey>();
  const ids = new Map<string, string>();
  const nameOf = ({ tenant, subject }: { tenant: string; subject: string }): string => `${tenant}/${subject}`;
  const fake: FakeKeys = {
    rows,
    ids,
    calls: [],
    isAway: false,
    gate: Promise.resolve(),
    async find(holders) {
      fake.calls.push(`find ${holders.length}`);
      await fake.gate;
      if (fake.isAway) throw Object.assign(new Error('away'), { code: 'ECONNREFUSED' });
      return holders.flatMap((holder) => rows.get(nameOf(holder)) ?? []);
    },
    async insertOrRead(made) {
      fake.calls.push(`insert ${made.length}`);
      await fake.gate;
      if (fake.isAway) throw Object.assign(new Error('away'), { code: 'ECONNREFUSED' });
      for (const row of made) if (!rows.has(nameOf(row))) rows.set(nameOf(row), row);
      return made.flatMap((row) => rows.get(nameOf(row)) ?? []);
    },
    async keepIds(told) {
      fake.calls.push(`keep ${told.length}`);
      await fake.gate;
      if (fake.isAway) throw Object.assign(new Error('away'), { code: 'ECONNREFUSED' });
      for (const one of told) if (rows.has(nameOf(one)) && !ids.has(nameOf(one))) ids.set(nameOf(one), one.sealedId);
    },
    async findId(holder) {
      if (fake.isAway) throw Object.assign(new Error('away'), { code: 'ECONNREFUSED' });
      const [key, sealedId] = [rows.get(nameOf(holder)), ids.get(nameOf(holder))];
      return key === undefined || sealedId === undefined ? null : { ...holder, sealedId, key };
    },
  };
  return fake;
}

export interface SealedEvent {
  readonly id: string;
  readonly subject: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export function eventOf({ value }: StoredRecord): SealedEvent {
  return JSON.parse(Buffer.from(value).toString()) as SealedEvent;
}

/** What the field holds, opened with the person's key as the store has it; null: it does not open. */
export function opened({ subject, data }: SealedEvent, field: string, rows: FakeKeys['rows']): string | null {
  const row = rows.get(`acme/${subject}`);
  const key: PersonKey | null = row === undefined ? null : createKeyWrapper(config.fieldKeys).unwrap(row);
  const json = key === null ? null : openField(key, { tenant: 'acme', subject, type: 'person.joined', field }, String(data[field]));
  return json === null ? null : Buffer.from(json).toString();
}
