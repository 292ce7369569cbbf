import { FINER_GRAIN, GRAINS } from '@tidegate/core';
import type pg from 'pg';
import { fromUuid, toSealColumns, toUuid } from './seal-columns.ts';
import { run } from './statements.ts';
import type { SealedCells, SourceCell, SourceCells, SourceRead } from './seal-shape.ts';
import type { PartitionCommit } from './store.ts';

interface SourceRow {
  first_s: string;
  bucket_s: string;
  /** Null: the finer bucket has no cells. */
  series_id: string | null;
  state: Buffer;
  revision: number;
  tenant: string;
  metric: string;
  version: number;
  set_no: number;
  subject: string;
  dims: (string | null)[];
}

/** After the fence of the slice's transaction. Null: there is nothing left to merge. */
export async function readSourceCells(client: pg.PoolClient, partition: number, read: SourceRead): Promise<SourceCells | null> {
  const finer = GRAINS[FINER_GRAIN[read.grain]];
  const rows = await run<SourceRow>(client, 'read-source-cells', [
    partition,
    finer.code,
    finer.seconds,
    read.fromS,
    read.toS,
    GRAINS[read.grain].seconds,
    read.bucketsMax,
    read.afterSeries === null ? null : toUuid(read.afterSeries),
    read.cellsMax,
  ]);
  const [first] = rows;
  return first === undefined ? null : { firstS: Number(first.first_s), cells: rows.flatMap(toSourceCell) };
}

function toSourceCell({ series_id: seriesId, bucket_s: bucketS, state, revision, ...row }: SourceRow): SourceCell[] {
  if (seriesId === null) return [];
  const { tenant, metric, version, set_no: setNo, subject, dims } = row;
  const series = { id: fromUuid(seriesId), tenant, metric, version, setNo, subject, dims };
  return [{ bucketS: Number(bucketS), state, revision, series }];
}

export async function writeSeal(client: pg.PoolClient, { partition }: PartitionCommit, { seals, task }: SealedCells): Promise<void> {
  const moved = run(client, 'move-seal', [partition, ...toSealColumns(seals)]);
  const told =
    task === null
      ? run(client, 'delete-seal-task', [partition])
      : run(client, 'upsert-seal-task', [partition, JSON.stringify({ grain: task.grain, to_s: task.toS })]);
  await Promise.all([moved, told]);
}
