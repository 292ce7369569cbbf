import type pg from 'pg';
import { int2Array, int4Array, int8Array, textArray, uuidArray } from './binary-array.ts';
import { run } from './statements.ts';
import type { PartitionCommit } from './store.ts';

/** Inside the commits that repair them. */
export async function writeDrifts(client: pg.PoolClient, commits: readonly PartitionCommit[]): Promise<void> {
  const drifts = commits.flatMap(({ partition, drifts: found = [] }) => found.map((drift) => ({ ...drift, partition })));
  if (drifts.length === 0) return;
  await run(client, 'insert-drifts', [
    int4Array(drifts.map(({ partition }) => partition)),
    textArray(drifts.map(({ tenant }) => tenant)),
    textArray(drifts.map(({ metric }) => metric)),
    int4Array(drifts.map(({ version }) => version)),
    int2Array(drifts.map(({ grain }) => grain)),
    int8Array(drifts.map(({ bucketS }) => bucketS)),
    uuidArray(drifts.map(({ seriesId }) => seriesId)),
    textArray(drifts.map(({ subject }) => subject)),
    textArray(drifts.map(({ dims }) => JSON.stringify(dims))),
    textArray(drifts.map(({ kind }) => kind)),
    textArray(drifts.map(({ expected }) => toJson(expected))),
    textArray(drifts.map(({ found }) => toJson(found))),
    textArray(drifts.map(({ isRepaired }) => (isRepaired ? 'yes' : 'no'))),
  ]);
}

function toJson(value: unknown): string | null {
  return value === null || value === undefined ? null : JSON.stringify(value);
}
