/**
 * The part of a commit that is about entities: their rows, and the cells of metrics over them, which are known only once the rows
 * are. Nothing is sent where a commit has none.
 */
import type { ChangedEntities, SealState } from '@tidegate/core';
import type pg from 'pg';
import { admitValues, askedOf } from './commit-budgets.ts';
import { absentOf, furtherOf, readStored, resolveCells } from './commit-cells.ts';
import type { EntityAsk, MergedEntities } from './entity-commit.ts';
import { deleteRows, ensureRows, lockRows, writeRows } from './entity-rows.ts';
import type { CellWrite, PartitionCommit } from './store.ts';
import type { EntityRowState } from '@tidegate/core';

export interface MergedCommit {
  readonly commit: PartitionCommit;
  readonly merged: MergedEntities;
}

export async function lockEntities(
  client: pg.ClientBase,
  commits: readonly PartitionCommit[],
): Promise<ReadonlyMap<EntityAsk, readonly EntityRowState[]>> {
  const asks = commits.flatMap(({ entities }) => entities?.asks ?? []);
  if (asks.length === 0) return new Map();
  const shared = commits.flatMap(({ partition, entities }) =>
    entities?.isShared === true ? entities.asks.map((ask) => ({ ...ask, partition })) : [],
  );
  const [, locked] = await Promise.all([ensureRows(client, shared), lockRows(client, asks)]);
  return locked;
}

export function mergeEntities(
  commits: readonly PartitionCommit[],
  stored: ReadonlyMap<EntityAsk, readonly EntityRowState[]>,
): readonly MergedCommit[] {
  return commits.flatMap((commit) => {
    const { entities } = commit;
    if (entities === null || entities === undefined || entities.asks.length === 0) return [];
    return [{ commit, merged: entities.merge(entities.asks.map((ask) => stored.get(ask) ?? [])) }];
  });
}

/** Commits of nothing but the cells that changed with rows. */
export function cellCommits(all: readonly MergedCommit[]): readonly PartitionCommit[] {
  return all.flatMap(({ commit, merged: { cells, series } }) => (cells === null ? [] : [{ ...commit, cells, series, slice: null }]));
}

export async function resolveEntityCells(
  client: pg.PoolClient,
  commits: readonly PartitionCommit[],
  seals: ReadonlyMap<number, SealState>,
): Promise<ReadonlyMap<number, readonly CellWrite[]>> {
  if (commits.length === 0) return new Map();
  const stored = readStored(client, absentOf(commits));
  const decided = await admitValues(client, askedOf(commits));
  for (const { cells } of commits) cells.values?.decide(decided);
  const further = await readStored(client, furtherOf(commits, seals));
  return resolveCells(commits, [await stored, further], new Map());
}

export async function writeEntities(client: pg.ClientBase, all: readonly MergedCommit[]): Promise<void> {
  const writes = all.flatMap(({ commit: { partition }, merged }) => merged.writes.map((write) => ({ ...write, partition })));
  if (writes.length > 0) await writeRows(client, writes);
  for (const gone of all.flatMap(({ merged }) => merged.gone ?? [])) await deleteRows(client, gone);
}

export function changedEntities(all: readonly MergedCommit[]): ReadonlyMap<number, readonly ChangedEntities[]> {
  return new Map(all.map(({ commit, merged }) => [commit.partition, merged.changed]));
}

/** What both parts of a commit write, by partition. */
export function joinWrites(
  one: ReadonlyMap<number, readonly CellWrite[]>,
  other: ReadonlyMap<number, readonly CellWrite[]>,
): ReadonlyMap<number, readonly CellWrite[]> {
  if (other.size === 0) return one;
  return new Map([...one].map(([partition, writes]) => [partition, [...writes, ...(other.get(partition) ?? [])]]));
}
