/** Keys of persons in Postgres: wrapped, one for each, never replaced by another. */
import type { KeyHolder, WrappedPersonKey } from '@tidegate/runtime';
import type pg from 'pg';
import { run } from './statements.ts';

export interface PersonKeyStore {
  /** The keys of those who have one. */
  find(holders: readonly KeyHolder[]): Promise<readonly WrappedPersonKey[]>;
  /**
   * Gives a key to those who have none, and returns the keys that everybody has now: who finds another one there takes that. They
   * are on the disk when it resolves, so what is sealed with them can be opened whatever breaks.
   */
  insertOrRead(rows: readonly WrappedPersonKey[]): Promise<readonly WrappedPersonKey[]>;
}

/** The id of a person under its pseudonym, sealed with the person's key. */
export interface SealedId extends KeyHolder {
  readonly sealedId: string;
}

export interface SubjectIdStore {
  /** Keeps the ids of those who have a key and no id yet. */
  keepIds(ids: readonly SealedId[]): Promise<void>;
  /** Null: none is kept. */
  findId(holder: KeyHolder): Promise<(SealedId & { readonly key: WrappedPersonKey }) | null>;
}

/** `pool`: with the rights of ingest. */
export function createSubjectIdStore(pool: pg.Pool): SubjectIdStore {
  return {
    async keepIds(ids) {
      await run(pool, 'keep-subject-ids', [...namesOf(ids), ids.map(({ sealedId }) => sealedId)]);
    },
    async findId({ tenant, subject }) {
      const [row] = await run<Row & { readonly sealed_id: string }>(pool, 'read-subject-id', [tenant, subject]);
      return row === undefined ? null : { tenant, subject, sealedId: row.sealed_id, key: fromRow(row) };
    },
  };
}

/** `pool`: with `isDurable`, and the rights of ingest. */
export function createPersonKeyStore(pool: pg.Pool): PersonKeyStore {
  const find: PersonKeyStore['find'] = async (holders) =>
    (await run<Row>(pool, 'read-person-keys', [holders.map(({ tenant }) => tenant), holders.map(({ subject }) => subject)])).map(fromRow);
  return {
    find,
    async insertOrRead(rows) {
      await run(pool, 'insert-person-keys', [...namesOf(rows), rows.map(({ keyId }) => Buffer.from(keyId)), ...wrappingsOf(rows)]);
      // A statement of its own: one that waited for another's row does not see it.
      return find(rows);
    },
  };
}

export interface RewrapReport {
  readonly rewrapped: number;
  /** Wrapped by a field key that is not listed: they stay as they are. */
  readonly unreadable: number;
}

const PAGE_ROWS = 1_000;

/**
 * Wraps every key by the current field key, page by page. Each page is one statement: broken off anywhere, a further run goes on
 * with what is left. `pool`: with the rights of `tidegate_keys`.
 */
export async function rewrapPersonKeys(
  pool: pg.Pool,
  wrapper: { readonly currentFieldKeyId: Uint8Array; rewrap(row: WrappedPersonKey): WrappedPersonKey | null },
): Promise<RewrapReport> {
  let [rewrapped, unreadable] = [0, 0];
  let last: KeyHolder = { tenant: '', subject: '' };
  for (;;) {
    const found = await run<Row>(pool, 'list-person-keys-to-rewrap', [
      ...[Buffer.from(wrapper.currentFieldKeyId), last.tenant, last.subject, PAGE_ROWS],
    ]);
    const page = found.map(fromRow);
    const end = page.at(-1);
    if (end === undefined) return { rewrapped, unreadable };
    last = end;
    const pairs = page.flatMap((was) => {
      const fresh = wrapper.rewrap(was);
      return fresh === null ? [] : [{ was, fresh }];
    });
    const fresh = pairs.map((pair) => pair.fresh);
    const was = pairs.map((pair) => Buffer.from(pair.was.wrapped));
    rewrapped += (await run(pool, 'rewrap-person-keys', [...namesOf(fresh), was, ...wrappingsOf(fresh)])).length;
    unreadable += page.length - pairs.length;
  }
}

interface Row {
  readonly tenant: string;
  readonly subject: string;
  readonly key_id: Buffer;
  readonly field_key_id: Buffer;
  readonly wrapped: Buffer;
}

function fromRow({ tenant, subject, key_id: keyId, field_key_id: fieldKeyId, wrapped }: Row): WrappedPersonKey {
  return { tenant, subject, keyId, fieldKeyId, wrapped };
}

function namesOf(holders: readonly KeyHolder[]): readonly string[][] {
  return [holders.map(({ tenant }) => tenant), holders.map(({ subject }) => subject)];
}

function wrappingsOf(rows: readonly WrappedPersonKey[]): readonly Buffer[][] {
  return [rows.map(({ fieldKeyId }) => Buffer.from(fieldKeyId)), rows.map(({ wrapped }) => Buffer.from(wrapped))];
}
