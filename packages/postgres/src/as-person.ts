/**
 * Work that is done for one person: whatever it asks of Postgres, over a pool that holds to it, is read as a role that sees that
 * person's rows and nobody else's (docs/design/row-policies.md). Whose work it is goes along with it through every await, so no reader
 * has to be told, and none can forget.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type pg from 'pg';
import type { Person } from './erasure-shape.ts';
import type { SessionSettings } from './per-transaction.ts';

const PERSON_ROLE = 'tidegate_person';

const forWhom = new AsyncLocalStorage<Person | null>();

export function asPerson<T>(person: Person, work: () => T): T {
  return forWhom.run(person, work);
}

/** Within the work for a person: what is asked about everybody, and of which the person is told no row. */
export function asEverybody<T>(work: () => T): T {
  return personServed() === null ? work() : forWhom.run(null, work);
}

/** Null: what runs now is not done for one person. */
export function personServed(): Person | null {
  return forWhom.getStore() ?? null;
}

/** What a transaction is set to for the person whose work it is; null: nothing. */
export type PersonSettings = () => SessionSettings | null;

export async function readPersonSettings(client: pg.ClientBase): Promise<PersonSettings> {
  const { rows } = await client.query<{ own: string; path: string[] }>(
    `SELECT current_schema() || '_of_person' AS own, current_schemas(false)::text[] AS path`,
  );
  const [{ own, path } = { own: '', path: [] }] = rows;
  return function settingsNow() {
    const person = personServed();
    if (person === null) return null;
    return {
      'tidegate.tenant': person.tenant,
      'tidegate.subject': person.subject,
      // There raw_event is a view of the person's rows.
      search_path: [own, ...path],
      role: PERSON_ROLE,
    };
  };
}
