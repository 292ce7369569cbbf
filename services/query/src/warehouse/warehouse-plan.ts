/** What an export is made of, settled when it begins: tables by days. A piece is one table of one day. */
import type { CompiledMetric } from '@tidegate/core';
import { z } from 'zod';
import type { RegisteredPack } from '../registry.ts';

const TABLE_SCHEMA = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('events'), name: z.string(), type: z.string() }),
  z.object({
    ...{ kind: z.literal('rollups'), name: z.string(), metric: z.string(), version: z.int() },
    ...{ groupBy: z.array(z.string()), grain: z.enum(['hour', 'day']) },
  }),
]);
const PLAN_SCHEMA = z.object({
  v: z.literal(1),
  format: z.enum(['parquet', 'csv', 'ndjson']),
  fromDay: z.int(),
  toDay: z.int(),
  tables: z.array(TABLE_SCHEMA),
});

export type WarehouseTable = z.output<typeof TABLE_SCHEMA>;
export type EventTable = Extract<WarehouseTable, { kind: 'events' }>;
export type RollupTable = Extract<WarehouseTable, { kind: 'rollups' }>;
export type WarehousePlan = z.output<typeof PLAN_SCHEMA>;
export type WarehouseFormat = WarehousePlan['format'];

export interface Piece {
  readonly no: number;
  readonly table: WarehouseTable;
  readonly day: number;
}

/** What was asked for, with names in place of `all`; equal ones are one job. */
export interface WarehouseWish {
  readonly tenant: string;
  readonly format: WarehouseFormat;
  readonly fromDay: number;
  readonly toDay: number;
  readonly events: readonly string[];
  readonly rollups: readonly string[];
  readonly grain: 'hour' | 'day';
}

const DAY_MS = 86_400_000;

export function readPlan(value: unknown): WarehousePlan {
  return PLAN_SCHEMA.parse(value);
}

export function planExport(
  { format, fromDay, toDay, events, rollups, grain }: WarehouseWish,
  packs: readonly RegisteredPack[],
): WarehousePlan {
  const metrics = new Map(packs.flatMap(({ compiled }) => [...compiled.metrics]));
  const eventTables = events.map((type) => ({ kind: 'events' as const, name: `events/${type}`, type }));
  const rollupTables = rollups.flatMap((name) => tablesOf(metrics.get(name), grain));
  return { v: 1, format, fromDay, toDay, tables: [...eventTables, ...rollupTables] };
}

/** Of the sets that a metric is kept by those that no other one holds; never by person, so that no file of figures is about anybody. */
function tablesOf(metric: CompiledMetric | undefined, grain: RollupTable['grain']): readonly RollupTable[] {
  if (metric === undefined) return [];
  const sets = metric.sets.filter(({ bySubject }) => !bySubject).map(({ dimensions }) => [...dimensions]);
  const widest = sets.filter(
    (set, at) => !sets.some((other, no) => no !== at && isWithin(set, other) && (other.length > set.length || no < at)),
  );
  return (widest.length === 0 ? [[]] : widest).map((groupBy) => ({
    ...{ kind: 'rollups', name: `rollups/${metric.metric}/${groupBy.length === 0 ? 'all' : groupBy.join('+')}` },
    ...{ metric: metric.metric, version: metric.version, groupBy, grain },
  }));
}

function isWithin(set: readonly string[], other: readonly string[]): boolean {
  return set.every((name) => other.includes(name));
}

export function piecesCount({ fromDay, toDay, tables }: Pick<WarehousePlan, 'fromDay' | 'toDay' | 'tables'>): number {
  return (toDay - fromDay) * tables.length;
}

/** Day by day, so that days that are done are whole. Undefined: there is none of this number. */
export function pieceOf({ fromDay, tables }: WarehousePlan, no: number): Piece | undefined {
  const table = tables[no % tables.length];
  return table === undefined ? undefined : { no, table, day: fromDay + Math.floor(no / tables.length) };
}

export function dayStartMs(day: number): number {
  return day * DAY_MS;
}
