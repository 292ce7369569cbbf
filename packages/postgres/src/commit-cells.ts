/** The cells of a commit: read where the owner lacks them, merged by the commit, written. */
import { UNSEALED } from '@tidegate/core';
import type { SealState } from '@tidegate/core';
import type pg from 'pg';
import { byteaArray, int2Array, int4Array, int8Array, textArray, uuidArray } from './binary-array.ts';
import { readSourceCells } from './seal-slice.ts';
import { run } from './statements.ts';
import type { SealedCells } from './seal-shape.ts';
import type { CellKey, CellWrite, PartitionCommit, StoredCell } from './store.ts';

interface CellRow {
  partition: number;
  series_id: string;
  grain: StoredCell['grain'];
  bucket_s: string;
  state: Buffer;
  term: string;
  commit_no: string;
  revision: number;
}

interface PlacedKey {
  readonly partition: number;
  readonly key: CellKey;
}

type StoredCells = ReadonlyMap<number, readonly StoredCell[]>;

export function absentOf(commits: readonly PartitionCommit[]): readonly PlacedKey[] {
  return commits.flatMap(({ partition, cells }) => cells.absent.map((key) => ({ partition, key })));
}

/** What could not be told before the fence and the budgets were asked. */
export function furtherOf(commits: readonly PartitionCommit[], seals: ReadonlyMap<number, SealState>): readonly PlacedKey[] {
  return commits.flatMap(({ partition, cells }) => cells.sealed(seals.get(partition) ?? UNSEALED).map((key) => ({ partition, key })));
}

/** States, by partition, that the owner does not hold in memory; no statement where it holds all. */
export async function readStored(client: pg.PoolClient, absent: readonly PlacedKey[]): Promise<StoredCells> {
  if (absent.length === 0) return new Map();
  const rows = await run<CellRow>(client, 'read-cell-states', [
    int4Array(absent.map((a) => a.partition)),
    uuidArray(absent.map((a) => a.key.seriesId)),
    int2Array(absent.map((a) => a.key.grain)),
    int8Array(absent.map((a) => a.key.bucketS)),
  ]);
  return Map.groupBy(
    rows.map((row) => ({ partition: row.partition, ...fromCellRow(row) })),
    ({ partition }) => partition,
  );
}

export async function resolveSlices(
  client: pg.PoolClient,
  commits: readonly PartitionCommit[],
): Promise<ReadonlyMap<PartitionCommit, SealedCells>> {
  const made = new Map<PartitionCommit, SealedCells>();
  for (const commit of commits) {
    const { partition, slice } = commit;
    if (slice !== null) made.set(commit, slice.resolve(await readSourceCells(client, partition, slice.read)));
  }
  return made;
}

export function resolveCells(
  commits: readonly PartitionCommit[],
  stored: readonly StoredCells[],
  made: ReadonlyMap<PartitionCommit, SealedCells>,
): ReadonlyMap<number, readonly CellWrite[]> {
  return new Map(
    commits.map((commit) => {
      const { partition, cells } = commit;
      return [partition, made.get(commit)?.writes ?? cells.resolve(stored.flatMap((one) => one.get(partition) ?? []))];
    }),
  );
}

export function fromCellRow(row: Omit<CellRow, 'partition'>): StoredCell {
  return {
    seriesId: Buffer.from(row.series_id.replaceAll('-', ''), 'hex'),
    grain: row.grain,
    bucketS: Number(row.bucket_s),
    state: row.state,
    term: Number(row.term),
    commitNo: Number(row.commit_no),
    revision: row.revision,
  };
}

export async function writeCells(
  client: pg.PoolClient,
  commits: readonly PartitionCommit[],
  writes: ReadonlyMap<number, readonly CellWrite[]>,
): Promise<void> {
  const series = commits.flatMap(({ series: known, cells }) => (cells.values === null ? known : [...known, ...cells.values.series()]));
  const cells = commits.flatMap((commit) => (writes.get(commit.partition) ?? []).map((write) => ({ write, commit })));
  const named =
    series.length === 0
      ? null
      : run(client, 'insert-series', [
          uuidArray(series.map((s) => s.id)),
          textArray(series.map((s) => s.tenant)),
          textArray(series.map((s) => s.metric)),
          int4Array(series.map((s) => s.version)),
          int4Array(series.map((s) => s.setNo)),
          textArray(series.map((s) => s.subject)),
          textArray(series.map((s) => JSON.stringify(s.dims))),
        ]);
  const upserted =
    cells.length === 0
      ? null
      : run(client, 'upsert-cells', [
          uuidArray(cells.map((c) => c.write.seriesId)),
          int2Array(cells.map((c) => c.write.grain)),
          int8Array(cells.map((c) => c.write.bucketS)),
          int2Array(cells.map((c) => c.commit.partition)),
          byteaArray(cells.map((c) => c.write.state)),
          int8Array(cells.map((c) => c.commit.term)),
          int8Array(cells.map((c) => c.commit.commitNo)),
          int4Array(cells.map((c) => c.write.revision)),
        ]);
  await Promise.all([named, upserted]);
}
