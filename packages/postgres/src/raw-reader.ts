import type pg from 'pg';
import { textArray, timestamptzArray } from './binary-array.ts';
import type { RawRange, RawStore, StoredEvent } from './raw-shape.ts';
import { run } from './statements.ts';

export interface RawEventRow {
  event_id: string;
  source: string;
  type: string;
  subject: string | null;
  occurred_at_ms: number;
  received_at_ms: number;
  log_offset: string;
  pack_version: number;
  data: string;
}

interface SpanRow {
  is_backfill: boolean;
  log_generation: number;
  from_offset: string;
  last_offset: string;
}

/** Reads what is committed: rows of a partition below its committed offset, which change no more. */
export function createRawReader(on: pg.Pool | pg.ClientBase): RawStore {
  return {
    async readArrivalDays({ tenant, types, eventDay }) {
      const rows = await run<{ arrival_day: number; is_kept: boolean }>(on, 'read-arrival-days', [...[tenant, eventDay, textArray(types)]]);
      return rows.map((row) => ({ arrivalDay: row.arrival_day, isKept: row.is_kept }));
    },
    async readRawSpans(partition, arrivalDay) {
      const rows = await run<SpanRow>(on, 'read-raw-spans', [partition, arrivalDay]);
      return rows.map((row) => ({
        lane: row.is_backfill ? 'backfill' : 'live',
        logGeneration: row.log_generation,
        fromOffset: Number(row.from_offset),
        lastOffset: Number(row.last_offset),
      }));
    },
    readRawRows: async (range) =>
      (await run<RawEventRow>(on, 'read-raw-rows', toValues(range))).map((row) => fromRawRow(range.tenant, row)),
  };
}

function toValues(range: RawRange): unknown[] {
  const { partition, arrivalDay, lane, logGeneration, fromOffset, toOffset, tenant, types, occurred, rowsMax } = range;
  const between = occurred === null ? null : timestamptzArray([occurred.fromMs, occurred.toMs]);
  return [partition, arrivalDay, logGeneration, fromOffset, toOffset, tenant, textArray(types), between, rowsMax, lane === 'backfill'];
}

export function fromRawRow(tenant: string, row: RawEventRow): StoredEvent {
  return {
    tenant,
    eventId: row.event_id,
    source: row.source,
    type: row.type,
    subject: row.subject,
    occurredAtMs: row.occurred_at_ms,
    receivedAtMs: row.received_at_ms,
    logOffset: Number(row.log_offset),
    packVersion: row.pack_version,
    data: row.data,
  };
}
