/** Where one event is, by its id. */
import type pg from 'pg';
import { int4Array, int8Array, textArray } from './binary-array.ts';
import type { LogSpan } from './read-store.ts';
import { run } from './statements.ts';

export interface EventAsk {
  readonly tenant: string;
  readonly eventId: string;
  /** Null: any. */
  readonly source: string | null;
  /** Pseudonym; null: any, or none. */
  readonly subject: string | null;
  /** Looked at beside the last offsets of each partition. */
  readonly spans: readonly LogSpan[];
  readonly lastOffsets: number;
}

export interface FoundEvent {
  readonly partition: number;
  readonly logOffset: number;
  readonly receivedAtMs: number;
}

export interface RejectedEvent extends FoundEvent {
  readonly code: string;
}

export interface EventStore {
  /** Raw rows, oldest first: of different sources or subjects where these are not named. */
  findCounted(ask: EventAsk): Promise<readonly FoundEvent[]>;
  /** Null where none is open. `idHash`: of tenant and id, as rejected.v1 has it. */
  findRejected(tenant: string, idHash: Uint8Array): Promise<RejectedEvent | null>;
}

const ROWS_MAX = 100;

interface Row {
  readonly partition: number;
  readonly log_offset: number;
  readonly received_at_ms: number;
}

export function createEventStore(pool: pg.Pool): EventStore {
  return {
    async findCounted({ tenant, eventId, source, subject, spans, lastOffsets }) {
      const rows = await run<Row>(pool, 'find-event', [
        ...[tenant, eventId, source, subject, lastOffsets],
        int4Array(spans.map(({ partition }) => partition)),
        int4Array(spans.map(({ logGeneration }) => logGeneration)),
        textArray(spans.map(({ lane }) => lane)),
        int8Array(spans.map(({ firstOffset }) => firstOffset)),
        int8Array(spans.map(({ lastOffset }) => lastOffset)),
        ROWS_MAX,
      ]);
      return rows.map(toFound);
    },
    async findRejected(tenant, idHash) {
      const [row] = await run<Row & { readonly code: string }>(pool, 'find-rejected-by-id', [tenant, Buffer.from(idHash)]);
      return row === undefined ? null : { ...toFound(row), code: row.code };
    },
  };
}

function toFound({ partition, log_offset: logOffset, received_at_ms: receivedAtMs }: Row): FoundEvent {
  return { partition, logOffset, receivedAtMs };
}
