/** The part of a commit that erases a person: sent behind the cells that it restates, in the same transaction. */
import type pg from 'pg';
import { int4Array, int8Array, textArray } from './binary-array.ts';
import { quoted, tableOf } from './entity-table.ts';
import type { ErasureStep } from './erasure-shape.ts';
import { run } from './statements.ts';
import type { PartitionCommit } from './store.ts';

export async function writeErasures(client: pg.ClientBase, commits: readonly PartitionCommit[]): Promise<void> {
  await Promise.all(commits.flatMap(({ partition, erasure }) => (erasure === undefined ? [] : [write(client, partition, erasure)])));
}

async function write(client: pg.ClientBase, partition: number, erasure: ErasureStep): Promise<void> {
  const { requestId, tenant, subject, step } = erasure;
  const person = [requestId, tenant, subject];
  if (step.kind === 'begin') await run(client, 'begin-erasure', person);
  else if (step.kind === 'hand_on') await run(client, 'hand-on-erasure', [requestId, partition, step.to]);
  else if (step.kind === 'end') await run(client, 'end-erasure', person);
  else if (step.kind === 'entity') await deleteEntityRows(client, erasure, step);
  else await deleteRows(client, { ...erasure, partition }, step);
}

type Step<K extends ErasureStep['step']['kind']> = Extract<ErasureStep['step'], { readonly kind: K }>;

async function deleteRows(
  client: pg.ClientBase,
  { requestId, tenant, subject, partition }: ErasureStep & { readonly partition: number },
  { day, places, restatedCells }: Step<'rows'>,
): Promise<void> {
  const gone = places();
  if (gone.length === 0) return;
  await Promise.all([
    run(client, 'delete-person-rows', [
      ...[requestId, tenant, subject, partition, day.arrivalFrom, day.arrivalTo],
      gone.map(({ lane }) => lane === 'backfill'),
      int4Array(gone.map(({ logGeneration }) => logGeneration)),
      int8Array(gone.map(({ logOffset }) => logOffset)),
    ]),
    count(client, requestId, ['restated_cells', restatedCells()]),
  ]);
}

async function deleteEntityRows(
  client: pg.ClientBase,
  { requestId, subject }: ErasureStep,
  { entity, ids }: Step<'entity'>,
): Promise<void> {
  await Promise.all([
    client.query(`DELETE FROM ${quoted(tableOf([entity]).name)} WHERE _tenant = $1 AND _subject = $2 AND _id = ANY ($3::text[])`, [
      ...[entity.tenant, subject, ids],
    ]),
    count(client, requestId, ['entity_rows', ids.length]),
  ]);
}

async function count(client: pg.ClientBase, requestId: string, [what, removed]: readonly [string, number]): Promise<void> {
  await run(client, 'count-erased', [requestId, textArray([what]), int8Array([removed])]);
}
