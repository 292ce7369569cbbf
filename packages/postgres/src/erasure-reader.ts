import type pg from 'pg';
import { int4Array, textArray } from './binary-array.ts';
import { quoted, tableOf } from './entity-table.ts';
import type { ErasureReader, PersonDay } from './erasure-shape.ts';
import { fromRawRow } from './raw-reader.ts';
import type { RawEventRow } from './raw-reader.ts';
import { run } from './statements.ts';

interface ErasureRow {
  readonly request_id: string;
  readonly tenant: string;
  readonly subject: string;
  readonly partition: number;
  readonly visited: readonly number[];
  readonly is_begun: boolean;
  readonly is_done: boolean;
}

interface PlacedRow extends RawEventRow {
  readonly is_backfill: boolean;
  readonly log_generation: number;
}

export function createErasureReader(pool: pg.Pool): ErasureReader {
  return {
    async readErasures(partitions, all) {
      const rows = await run<ErasureRow>(pool, 'read-erasures', [int4Array(partitions), all]);
      return rows.map(({ request_id: requestId, is_begun: isBegun, is_done: isDone, tenant, subject, partition, visited }) => ({
        ...{ requestId, tenant, subject, partition, visited, isBegun, isDone },
      }));
    },
    async restoreErasures(erasures) {
      await run(pool, 'restore-erasures', [
        erasures.map(({ requestId }) => requestId),
        textArray(erasures.map(({ tenant }) => tenant)),
        textArray(erasures.map(({ subject }) => subject)),
        int4Array(erasures.map(({ partition }) => partition)),
      ]);
    },
    async readPersonDays({ tenant, subject, partition }) {
      const rows = await run<{ event_day: number; arrival_day: number }>(pool, 'read-person-days', [tenant, subject, partition]);
      return toPersonDays(rows.map((row) => ({ eventDay: row.event_day, arrivalDay: row.arrival_day })));
    },
    async readPersonRows({ tenant, subject, partition, eventDay, arrivalFrom, arrivalTo, rowsMax }) {
      const values = [tenant, subject, partition, eventDay, arrivalFrom, arrivalTo, rowsMax];
      const rows = await run<PlacedRow>(pool, 'read-person-rows', values);
      return rows.map((row) => ({
        ...fromRawRow(tenant, row),
        lane: row.is_backfill ? ('backfill' as const) : ('live' as const),
        logGeneration: row.log_generation,
      }));
    },
    async readPersonEntities(entity, subject, idsMax) {
      const { rows } = await pool.query<{ _id: string }>(
        `SELECT _id FROM ${quoted(tableOf([entity]).name)} WHERE _tenant = $1 AND _subject = $2 ORDER BY _id LIMIT $3`,
        [entity.tenant, subject, idsMax],
      );
      return rows.map(({ _id }) => _id);
    },
  };
}

/** Sorted pairs of days, as one span of arrival days for each event day. */
export function toPersonDays(pairs: readonly { readonly eventDay: number; readonly arrivalDay: number }[]): readonly PersonDay[] {
  return [...Map.groupBy(pairs, ({ eventDay }) => eventDay)].map(([eventDay, of]) => {
    const days = of.map(({ arrivalDay }) => arrivalDay);
    return { eventDay, arrivalFrom: Math.min(...days), arrivalTo: Math.max(...days) };
  });
}
