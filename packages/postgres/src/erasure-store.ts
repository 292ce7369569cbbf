/** Requests to erase persons, and the places that are not their events' owner's: refused originals, accounts, Redis, the archive. */
import type pg from 'pg';
import { int4Array, int8Array, textArray } from './binary-array.ts';
import type { Erasure, Person } from './erasure-shape.ts';
import { run } from './statements.ts';

export interface ErasureToRequest extends Pick<Erasure, 'requestId' | 'tenant' | 'subject' | 'partition'> {
  readonly requestedBy: string;
  readonly sealedSubject: Uint8Array;
}

/** When each place was done; null: not yet. */
export interface ErasurePlaces {
  readonly events: number | null;
  readonly originals: number | null;
  readonly cache: number | null;
  readonly archive: number | null;
}

export interface ErasureInfo {
  readonly requestId: string;
  /** The pseudonym. */
  readonly subject: string;
  readonly requestedMs: number;
  readonly begunMs: number | null;
  readonly placesMs: ErasurePlaces;
  /** Something is archived, and `archive run` has not looked through it yet. */
  readonly waitsForArchive: boolean;
  readonly figuresBeforeMs: number | null;
  readonly removed: Readonly<Record<string, number>>;
}

/** Work that a place is asked for. */
export interface ErasurePlaceWork extends Person {
  readonly requestId: string;
}

export interface OriginalsWork extends ErasurePlaceWork {
  /** Null: it is not known any more (the request was restored from the control topic). */
  readonly sealedSubject: Uint8Array | null;
}

export interface KeptOriginal {
  readonly topic: string;
  readonly logGeneration: number;
  readonly partition: number;
  readonly logOffset: number;
  readonly sealed: Uint8Array;
  /** Why it was refused, and when it came. */
  readonly code: string;
  readonly receivedAtMs: number;
}

export type OriginalPlace = Omit<KeptOriginal, 'sealed' | 'code' | 'receivedAtMs'>;

export interface ErasureStore {
  /** Who is erased, or is to be, already keeps the first request. */
  request(asked: ErasureToRequest): Promise<ErasureInfo>;
  find(tenant: string, by: { readonly requestId: string } | { readonly subject: string }): Promise<ErasureInfo | null>;
  isErased(person: Person): Promise<boolean>;
  forOriginals(): Promise<readonly OriginalsWork[]>;
  /** Of a tenant, behind the last one. */
  keptOriginals(tenant: string, after: OriginalPlace | null, rowsMax: number): Promise<readonly KeptOriginal[]>;
  forgetOriginals(requestId: string, places: readonly OriginalPlace[]): Promise<void>;
  deleteAccounts(work: ErasurePlaceWork, plainSubject: string): Promise<void>;
  endOriginals(requestId: string): Promise<void>;
  /** After the person's events are gone, so that none is found again. */
  forgetFindings(work: ErasurePlaceWork): Promise<void>;
  forCache(): Promise<readonly ErasurePlaceWork[]>;
  endCache(requestId: string, keys: number): Promise<void>;
}

interface InfoRow {
  readonly request_id: string;
  readonly subject: string;
  readonly requested_ms: number;
  readonly begun_ms: number | null;
  readonly events_ms: number | null;
  readonly originals_ms: number | null;
  readonly cache_ms: number | null;
  readonly archive_ms: number | null;
  readonly figures_before_ms: number | null;
  readonly waits_for_archive: boolean;
  readonly removed: Readonly<Record<string, number>>;
}

interface WorkRow {
  readonly request_id: string;
  readonly tenant: string;
  readonly subject: string;
}

const START = { topic: '', logGeneration: 0, partition: 0, logOffset: -1 } as const;

/** `pool`: with `isDurable`, for Kafka cannot give requests back. */
export function createErasureStore(pool: pg.Pool): ErasureStore {
  const find: ErasureStore['find'] = async (tenant, by) => {
    const of = 'requestId' in by ? [tenant, by.requestId, ''] : [tenant, null, by.subject];
    const [row] = await run<InfoRow>(pool, 'find-erasure', of);
    return row === undefined ? null : toInfo(row);
  };
  return {
    find,
    async request({ requestId, tenant, subject, partition, requestedBy, sealedSubject }) {
      await run(pool, 'request-erasure', [requestId, tenant, subject, partition, requestedBy, Buffer.from(sealedSubject)]);
      const known = await find(tenant, { subject });
      if (known === null) throw new Error('a request for an erasure was not kept');
      return known;
    },
    isErased: async ({ tenant, subject }) => (await run(pool, 'is-erased', [tenant, subject])).length > 0,
    async forOriginals() {
      const rows = await run<WorkRow & { readonly sealed_subject: Buffer | null }>(pool, 'read-erasures-for-originals', []);
      return rows.map((row) => ({ ...toWork(row), sealedSubject: row.sealed_subject }));
    },
    async keptOriginals(tenant, after, rowsMax) {
      const { topic, logGeneration, partition, logOffset } = after ?? START;
      const rows = await run<{
        topic: string;
        log_generation: number;
        partition: number;
        log_offset: number;
        sealed: Buffer;
        code: string;
        received_at_ms: number;
      }>(pool, 'page-kept-originals', [tenant, topic, logGeneration, partition, logOffset, rowsMax]);
      return rows.map(({ log_generation, log_offset, received_at_ms, ...row }) => ({
        ...{ ...row, logGeneration: log_generation, logOffset: log_offset, receivedAtMs: received_at_ms },
      }));
    },
    async forgetOriginals(requestId, places) {
      await run(pool, 'forget-originals', [
        requestId,
        textArray(places.map(({ topic }) => topic)),
        int4Array(places.map(({ logGeneration }) => logGeneration)),
        int4Array(places.map(({ partition }) => partition)),
        int8Array(places.map(({ logOffset }) => logOffset)),
      ]);
    },
    deleteAccounts: async ({ requestId, tenant }, plain) => void (await run(pool, 'delete-accounts', [requestId, tenant, plain])),
    endOriginals: async (requestId) => void (await run(pool, 'end-originals', [requestId])),
    forgetFindings: async ({ requestId, tenant, subject }) => void (await run(pool, 'forget-findings', [requestId, tenant, subject])),
    forCache: async () => (await run<WorkRow>(pool, 'read-erasures-for-cache', [])).map(toWork),
    async endCache(requestId, keys) {
      await run(pool, 'count-erased', [requestId, textArray(['cache_keys']), int8Array([keys])]);
      await run(pool, 'end-cache', [requestId]);
    },
  };
}

function toWork({ request_id: requestId, tenant, subject }: WorkRow): ErasurePlaceWork {
  return { requestId, tenant, subject };
}

function toInfo(row: InfoRow): ErasureInfo {
  return {
    requestId: row.request_id,
    subject: row.subject,
    requestedMs: row.requested_ms,
    begunMs: row.begun_ms,
    placesMs: { events: row.events_ms, originals: row.originals_ms, cache: row.cache_ms, archive: row.archive_ms },
    waitsForArchive: row.waits_for_archive,
    figuresBeforeMs: row.figures_before_ms,
    removed: row.removed,
  };
}
