import { bucketStartS, FINER_GRAIN, GRAINS, PackedReader } from '@tidegate/core';
import type pg from 'pg';
import { perFinerOf, reachByBuckets, reachBySeries } from './seal-reach.ts';
import { fromUuid, toSealColumns, toUuid } from './seal-columns.ts';
import { run } from './statements.ts';
import type { SealedCells, SourceCell, SourceCells, SourceRead, SourceSeries } from './seal-shape.ts';
import type { PartitionCommit } from './store.ts';

interface SourceRow {
  readonly series_id: string;
  readonly tenant: string;
  readonly metric: string;
  readonly version: number;
  readonly set_no: number;
  readonly subject: string;
  readonly dims: (string | null)[];
  readonly packed: Buffer;
}

/** After the fence of the slice's transaction. */
export async function readSourceCells(client: pg.PoolClient, partition: number, read: SourceRead): Promise<SourceCells> {
  if (read.afterSeries !== null) return readBySeries(client, partition, { ...read, bucketS: read.fromS });
  const finer = GRAINS[FINER_GRAIN[read.grain]];
  const rows = await run<SourceRow>(client, 'read-source-cells', [partition, finer.code, read.fromS, read.toS, read.cellsMax]);
  const series = rows.map(toSourceSeries);
  const found = reachByBuckets(read, series);
  if (found !== null) return found;
  const [first] = series[0]?.cells ?? [];
  return readBySeries(client, partition, { ...read, bucketS: bucketStartS(first?.bucketS ?? read.fromS, read.grain) });
}

interface SeriesRead extends Pick<SourceRead, 'grain' | 'afterSeries' | 'cellsMax'> {
  readonly bucketS: number;
}

async function readBySeries(client: pg.PoolClient, partition: number, read: SeriesRead): Promise<SourceCells> {
  const { grain, bucketS, afterSeries } = read;
  const finer = GRAINS[FINER_GRAIN[grain]];
  const perFiner = perFinerOf(read);
  const rows = await run<SourceRow>(client, 'read-source-series', [
    ...[partition, finer.code, finer.seconds, bucketS, bucketS + GRAINS[grain].seconds],
    ...[afterSeries === null ? null : toUuid(afterSeries), perFiner],
  ]);
  return reachBySeries({ grain, bucketS, perFiner }, rows.map(toSourceSeries));
}

function toSourceSeries({ series_id: id, set_no: setNo, packed, ...row }: SourceRow): SourceSeries {
  const { tenant, metric, version, subject, dims } = row;
  const cells: SourceCell[] = [];
  const reader = new PackedReader(packed);
  while (reader.next()) {
    const { bucketS, revision, stateFrom, stateTo } = reader;
    cells.push({ bucketS, revision, state: packed.subarray(stateFrom, stateTo) });
  }
  return { entry: { id: fromUuid(id), tenant, metric, version, setNo, subject, dims }, cells };
}

export async function writeSeal(client: pg.PoolClient, { partition }: PartitionCommit, { seals, task }: SealedCells): Promise<void> {
  const moved = run(client, 'move-seal', [partition, ...toSealColumns(seals)]);
  const told =
    task === null
      ? run(client, 'delete-seal-task', [partition])
      : run(client, 'upsert-seal-task', [partition, JSON.stringify({ grain: task.grain, to_s: task.toS })]);
  await Promise.all([moved, told]);
}
