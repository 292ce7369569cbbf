/** Rejected rows as their tenant sees them: listed, and closed when an event is sent in their place. */
import type pg from 'pg';
import { run } from './statements.ts';

/**
 * Who refused: `ingest` before the event was accepted, or the aggregator, which could not count a record of the log: of the live
 * lane (`events`) or of the other one (`backfill`).
 */
export type RejectedLane = 'ingest' | 'events' | 'backfill';

/** Where the record lies that the row is about. */
export interface RejectedPlace {
  readonly lane: RejectedLane;
  readonly logGeneration: number;
  readonly partition: number;
  readonly logOffset: number;
}

export interface RejectedInfo extends RejectedPlace {
  readonly code: string;
  readonly path: string;
  /** Of the original as it came. */
  readonly lengthBytes: number;
  /** 0: it is not kept. */
  readonly sealedBytes: number;
  readonly receivedAtMs: number;
  readonly attempts: number;
  readonly isReplayed: boolean;
  readonly replayedAtMs: number | null;
  /** Of the replay. */
  readonly receipt: string | null;
  /** In which the original came; null: it is not known, or a record of the log. */
  readonly format: string | null;
}

export interface RejectedDetail extends RejectedInfo {
  readonly sealed: Uint8Array | null;
  /** Of the event that was, or was to be, sent in place of the row. */
  readonly replayIdentity: Uint8Array | null;
}

export interface RejectedFilter {
  readonly tenant: string;
  readonly sinceMs: number | null;
  readonly code: string | null;
  /** The last row of the page before. */
  readonly after: (RejectedPlace & { readonly receivedAtMs: number }) | null;
  readonly rowsMax: number;
}

/** Refused events of one day that have no row: the tenant's quota was spent. */
export interface RejectedDay {
  /** YYYY-MM-DD. */
  readonly day: string;
  readonly code: string;
  readonly events: number;
  /** As they came. */
  readonly bytes: number;
  readonly firstAtMs: number;
  readonly lastAtMs: number;
}

export interface RejectedStore {
  /** Newest first. */
  list(filter: RejectedFilter): Promise<readonly RejectedInfo[]>;
  /** Newest day first; of the last 30 days where nothing is said. */
  listBeyond(filter: Pick<RejectedFilter, 'tenant' | 'sinceMs' | 'code'>): Promise<readonly RejectedDay[]>;
  /** Null where the tenant has no such row. */
  find(tenant: string, place: RejectedPlace): Promise<RejectedDetail | null>;
  /** False where another event is bound to the row, or it is closed. */
  bind(tenant: string, place: RejectedPlace, identity: Uint8Array): Promise<boolean>;
  close(tenant: string, place: RejectedPlace, receipt: string): Promise<void>;
  /** One attempt more, refused for this reason. */
  raise(tenant: string, place: RejectedPlace, why: { readonly code: string; readonly path: string }): Promise<void>;
}

const LETTERS = { ingest: 'i', events: 'e', backfill: 'b' } as const;
const LANES: Readonly<Record<string, RejectedLane>> = { i: 'ingest', e: 'events', b: 'backfill' };
const REF = /^([ieb])-(\d{1,9})-(\d{1,9})-(\d{1,15})$/;

/** The name of a row in addresses and answers. */
export function rejectedRef({ lane, logGeneration, partition, logOffset }: RejectedPlace): string {
  return `${LETTERS[lane]}-${logGeneration}-${partition}-${logOffset}`;
}

/** Null where the text is no name of a row. */
export function parseRejectedRef(text: string): RejectedPlace | null {
  const parts = REF.exec(text);
  if (parts === null) return null;
  const [, letter = '', logGeneration, partition, logOffset] = parts;
  const lane = LANES[letter] ?? 'ingest';
  return { lane, logGeneration: Number(logGeneration), partition: Number(partition), logOffset: Number(logOffset) };
}

interface Row {
  readonly lane: RejectedLane;
  readonly log_generation: number;
  readonly partition: number;
  readonly log_offset: string;
  readonly code: string;
  readonly path: string;
  readonly length: number;
  readonly attempts: number;
  readonly state: string;
  readonly receipt: string | null;
  readonly format: string | null;
  readonly sealed_bytes: number | null;
  readonly received_at_ms: number;
  readonly replayed_at_ms: number | null;
}

interface BeyondRow {
  readonly day: string;
  readonly code: string;
  readonly events: number;
  readonly bytes: number;
  readonly first_at_ms: number;
  readonly last_at_ms: number;
}

/** As every statement that reads whole rows gives them. */
export type DetailRow = Row & { readonly sealed: Buffer | null; readonly replay_identity: Buffer | null };

/** `topics`: where the records of each lane lie. */
export function createRejectedStore(pool: pg.Pool, topics: Readonly<Record<RejectedLane, string>>): RejectedStore {
  const keyOf = (tenant: string, { lane, logGeneration, partition, logOffset }: RejectedPlace) => [
    tenant,
    topics[lane],
    logGeneration,
    partition,
    logOffset,
  ];
  return {
    async list({ tenant, sinceMs, code, after, rowsMax }) {
      const [, ...last] = after === null ? [null, null, null, null, null] : keyOf(tenant, after);
      const values = [tenant, isoOrNull(sinceMs), code, isoOrNull(after?.receivedAtMs ?? null), ...last, rowsMax];
      return (await run<Row>(pool, 'list-rejected', values)).map(toInfo);
    },
    async listBeyond({ tenant, sinceMs, code }) {
      const rows = await run<BeyondRow>(pool, 'list-rejected-beyond', [tenant, isoOrNull(sinceMs), code]);
      return rows.map(({ first_at_ms: firstAtMs, last_at_ms: lastAtMs, ...row }) => ({ ...row, firstAtMs, lastAtMs }));
    },
    async find(tenant, place) {
      const [row] = await run<DetailRow>(pool, 'find-rejected', keyOf(tenant, place));
      return row === undefined ? null : toDetail(row);
    },
    bind: async (tenant, place, identity) =>
      (await run(pool, 'bind-rejected', [...keyOf(tenant, place), Buffer.from(identity)])).length === 1,
    close: async (tenant, place, receipt) => void (await run(pool, 'close-rejected', [...keyOf(tenant, place), receipt])),
    raise: async (tenant, place, { code, path }) => void (await run(pool, 'raise-rejected', [...keyOf(tenant, place), code, path])),
  };
}

export function isoOrNull(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}

export function toDetail(row: DetailRow): RejectedDetail {
  return { ...toInfo(row), sealed: row.sealed, replayIdentity: row.replay_identity };
}

function toInfo(row: Row): RejectedInfo {
  return {
    lane: row.lane,
    logGeneration: row.log_generation,
    partition: row.partition,
    logOffset: Number(row.log_offset),
    code: row.code,
    path: row.path,
    lengthBytes: row.length,
    sealedBytes: row.sealed_bytes ?? 0,
    receivedAtMs: row.received_at_ms,
    attempts: row.attempts,
    isReplayed: row.state === 'replayed',
    replayedAtMs: row.replayed_at_ms,
    receipt: row.receipt,
    format: row.format,
  };
}
