/** Rows of entities of a commit: locked and read with one statement a table, written with one a table. */
import { compareUtf8, decodeEntityState, encodeEntityState, isThere, NO_ENTITY } from '@tidegate/core';
import type { CompiledEntity, EntityRowKey, EntityRowState, EntityState, EntityValue } from '@tidegate/core';
import type pg from 'pg';
import { byteaArray, dateArray, int4Array, textArray, timestamptzArray } from './binary-array.ts';
import type { AgedKeysAsk, EntityAsk, EntityWrite } from './entity-commit.ts';
import {
  agedKeysText,
  deleteRowsText,
  ensureRowsText,
  lockRowsText,
  partitionRowsText,
  SENT,
  tableOf,
  writeRowsText,
} from './entity-table.ts';
import type { EntityTable, TableColumn } from './entity-table.ts';
import type { EntityRowsAsk, EntityRowsPage } from './recount-shape.ts';

type StoredRow = { readonly _tenant: string; readonly _subject: string; readonly _id: string; readonly _state: Buffer } & Record<
  string,
  unknown
>;

/** Of each ask the rows that there are. Tables in the order of their names, rows in the order of their keys. */
export async function lockRows(
  client: pg.ClientBase,
  asks: readonly EntityAsk[],
): Promise<ReadonlyMap<EntityAsk, readonly EntityRowState[]>> {
  const found = await Promise.all(byTable(asks).map((group) => lockTable(client, group)));
  return new Map(found.flat());
}

/** As `lockRows`, of rows that others may make meanwhile. */
export async function ensureRows(client: pg.ClientBase, asks: readonly (EntityAsk & { readonly partition: number })[]): Promise<void> {
  await Promise.all(byTable(asks).map((group) => ensureTable(client, group)));
}

async function ensureTable(client: pg.ClientBase, asks: readonly (EntityAsk & { readonly partition: number })[]): Promise<void> {
  const keys = asks.flatMap(({ entity: { tenant }, partition, keys: own }) => own.map((key) => ({ tenant, partition, ...key })));
  await client.query(ensureRowsText(tableOf(asks.map(({ entity }) => entity))), [
    textArray(keys.map(({ tenant }) => tenant)),
    textArray(keys.map(({ subject }) => subject)),
    textArray(keys.map(({ id }) => id)),
    int4Array(keys.map(({ partition }) => partition)),
    encodeEntityState(NO_ENTITY),
  ]);
}

async function lockTable(client: pg.ClientBase, asks: readonly EntityAsk[]): Promise<[EntityAsk, readonly EntityRowState[]][]> {
  const table = tableOf(asks.map(({ entity }) => entity));
  const keys = asks.flatMap(({ entity, keys: own }) => own.map((key) => ({ tenant: entity.tenant, ...key })));
  const { rows } = await client.query<StoredRow>(lockRowsText(table), [
    textArray(keys.map(({ tenant }) => tenant)),
    textArray(keys.map(({ subject }) => subject)),
    textArray(keys.map(({ id }) => id)),
  ]);
  const byName = new Map(rows.map((row) => [rowName(row._tenant, { subject: row._subject, id: row._id }), row]));
  return asks.map((ask) => [
    ask,
    ask.keys.flatMap((key) => {
      const row = byName.get(rowName(ask.entity.tenant, key));
      return row === undefined ? [] : [{ key, state: toState(row, table) }];
    }),
  ]);
}

export async function readRowsOfPartitions(pool: pg.Pool, ask: EntityRowsAsk): Promise<EntityRowsPage> {
  const { entity, partitions, after, rowsMax } = ask;
  const table = tableOf([entity]);
  const { rows } = await pool.query<StoredRow & { readonly _is_own: boolean }>(partitionRowsText(table), [
    ...[entity.tenant, after?.subject ?? '', after?.id ?? '', after === null, int4Array(partitions), rowsMax],
  ]);
  const last = rows.at(-1);
  return {
    rows: rows.filter((row) => row._is_own).map((row) => ({ key: { subject: row._subject, id: row._id }, state: toState(row, table) })),
    last: rows.length < rowsMax || last === undefined ? null : { subject: last._subject, id: last._id },
  };
}

function rowName(tenant: string, { subject, id }: EntityRowKey): string {
  return JSON.stringify([tenant, subject, id]);
}

function toState(row: StoredRow, table: EntityTable): EntityState {
  const state = decodeEntityState(row._state, valuesOf(row, table.columns));
  if (state === null) throw new Error(`a row of ${table.name} has a state that cannot be read`);
  return state;
}

/** Of a row that was selected by `selected`. */
export function valuesOf(row: Readonly<Record<string, unknown>>, columns: readonly TableColumn[]): ReadonlyMap<string, EntityValue> {
  const values = new Map<string, EntityValue>();
  for (const { columnName } of columns) {
    const value = row[columnName];
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') values.set(columnName, value);
  }
  return values;
}

/** What one partition writes. */
export interface PlacedWrite extends EntityWrite {
  readonly partition: number;
}

export async function writeRows(client: pg.ClientBase, writes: readonly PlacedWrite[]): Promise<void> {
  const changed = writes.filter(({ rows }) => rows.length > 0);
  await Promise.all(byTable(changed).map((group) => writeTable(client, group)));
}

async function writeTable(client: pg.ClientBase, writes: readonly PlacedWrite[]): Promise<void> {
  const table = tableOf(writes.map(({ entity }) => entity));
  const rows = writes
    .flatMap(({ entity, partition, rows: own }) => own.map(({ key, state }) => ({ tenant: entity.tenant, ...key, partition, state })))
    .toSorted((a, b) => compareUtf8(a.tenant, b.tenant) || compareUtf8(a.subject, b.subject) || compareUtf8(a.id, b.id));
  await client.query(writeRowsText(table), [
    textArray(rows.map(({ tenant }) => tenant)),
    textArray(rows.map(({ subject }) => subject)),
    textArray(rows.map(({ id }) => id)),
    timestamptzArray(rows.map(({ state }) => state.createdMs)),
    timestamptzArray(rows.map(({ state }) => state.live?.timeMs ?? null)),
    textArray(rows.map(({ state }) => String(isThere(state)))),
    int4Array(rows.map(({ partition }) => partition)),
    byteaArray(rows.map(({ state }) => encodeEntityState(state))),
    ...table.columns.map((column) =>
      columnArray(
        column,
        rows.map(({ state }) => state.values.get(column.columnName)?.value ?? null),
      ),
    ),
  ]);
}

export async function deleteRows(client: pg.ClientBase, { entity, keys }: EntityAsk): Promise<void> {
  if (keys.length === 0) return;
  await client.query(deleteRowsText(tableOf([entity])), [
    ...[entity.tenant, textArray(keys.map(({ subject }) => subject)), textArray(keys.map(({ id }) => id))],
  ]);
}

export async function readAgedKeys(pool: pg.Pool, ask: AgedKeysAsk): Promise<readonly EntityRowKey[]> {
  const { entity, partition, at, beforeMs, rowsMax } = ask;
  const before = new Date(beforeMs).toISOString();
  const { rows } = await pool.query<StoredRow>(agedKeysText(tableOf([entity]), at), [entity.tenant, partition, before, rowsMax]);
  return rows.map(({ _subject: subject, _id: id }) => ({ subject, id }));
}

function columnArray({ column }: TableColumn, values: readonly (EntityValue | null)[]): Buffer {
  if (SENT[column].array === 'timestamptz') return timestamptzArray(values.map(numberOf));
  if (SENT[column].array === 'date') return dateArray(values.map(numberOf));
  return textArray(values.map((value) => (value === null ? null : String(value))));
}

function numberOf(value: EntityValue | null): number | null {
  return value === null ? null : Number(value);
}

function byTable<T extends { readonly entity: CompiledEntity }>(all: readonly T[]): readonly (readonly T[])[] {
  const groups = Map.groupBy(all, ({ entity }) => tableOf([entity]).name);
  return [...groups].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, group]) => group);
}
