import type { GrainCode } from '@tidegate/core';
import type pg from 'pg';
import { int2Array, textArray } from './binary-array.ts';
import { readSpent } from './commit-budgets.ts';
import { fromCellRow } from './commit-cells.ts';
import type { RecountStore, SpanCell, SpanCellsAsk } from './recount-shape.ts';
import { readRowsOfPartitions } from './entity-rows.ts';
import { fromUuid, toUuid } from './seal-columns.ts';
import { run } from './statements.ts';

type SpanRow = Parameters<typeof fromCellRow>[0] & { partition: number; set_no: number; subject: string; dims: (string | null)[] };
/** Of a series without a cell in the range only the id is told. */
type SpanRowOrNone = Omit<SpanRow, 'grain'> & { grain: GrainCode | null };

export function createRecountReader(pool: pg.Pool): RecountStore {
  return {
    async readEventDays({ tenant, types }) {
      const rows = await run<{ event_day: number; is_kept: boolean }>(pool, 'read-event-days', [tenant, textArray(types)]);
      return rows.map((row) => ({ eventDay: row.event_day, isKept: row.is_kept }));
    },
    async readSpanCells(ask) {
      const { partitions, version, grains, fromS, toS, afterSeries, seriesMax } = ask;
      const { tenant, metric } = version;
      const after = afterSeries === null ? null : toUuid(afterSeries);
      const of = [int2Array(partitions), tenant, metric, version.version, int2Array(grains), fromS, toS, after, seriesMax];
      const rows = await run<SpanRowOrNone>(pool, 'read-span-cells', of);
      const series = new Set(rows.map(({ series_id: id }) => id));
      const last = rows.at(-1);
      return {
        cells: rows.flatMap((row) => (isCell(row) ? [toCell(ask, row)] : [])),
        lastSeries: series.size < seriesMax || last === undefined ? null : fromUuid(last.series_id),
      };
    },
    readEntityRows: (ask) => readRowsOfPartitions(pool, ask),
    readSpentBudgets: async (asked) => (asked.length === 0 ? [] : readSpent(pool, asked)),
    async readFloorsOf({ tenant, metric, version }) {
      const rows = await run<{ grain: GrainCode; floor_s: number }>(pool, 'read-floors-of', [tenant, metric, version]);
      return new Map(rows.map((row) => [row.grain, row.floor_s]));
    },
    async readRecountRequests() {
      const rows = await run<{ tenant: string; metric: string | null; request_no: number }>(pool, 'read-recount-requests', []);
      return rows.map(({ tenant, metric, request_no: requestNo }) => ({ tenant, metric, requestNo }));
    },
  };
}

function isCell(row: SpanRowOrNone): row is SpanRow {
  return row.grain !== null;
}

function toCell({ version: { tenant, metric, version } }: SpanCellsAsk, row: SpanRow): SpanCell {
  const { partition, subject, dims, set_no: setNo } = row;
  const cell = fromCellRow(row);
  return { ...cell, partition, series: { id: cell.seriesId, tenant, metric, version, setNo, subject, dims } };
}
