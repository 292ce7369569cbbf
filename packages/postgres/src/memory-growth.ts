import { ancestorOf } from '@tidegate/core';
import { encodeCellKeys } from './cell-keys.ts';
import { lane } from './memory-database.ts';
import type { MemoryDatabase } from './memory-database.ts';

const LANES = ['live', 'backfill', 'rejected'] as const;
const NOBODY = new Uint8Array(16);

/** The switch of a growth, as the statements `fence-all` and `grow-…` do it in one transaction. */
export function growMemory(db: MemoryDatabase, { from, to }: { readonly from: number; readonly to: number }): void {
  for (const [key, state] of db.lanes) db.lanes.set(key, { ...state, owner: NOBODY });
  for (let partition = from; partition < to; partition += 1) copyAncestor(db, ancestorOf(partition, from), partition);
  db.partitionCount = { first: db.partitionCount?.first ?? from, count: to };
}

function copyAncestor(db: MemoryDatabase, ancestor: number, partition: number): void {
  const live = db.live.get(ancestor);
  if (live === undefined) throw new Error(`partition ${ancestor} was never owned`);
  db.live.set(partition, { ...live, seals: { ...live.seals, open: null } });
  for (const name of LANES) db.lanes.set(`${name}/${partition}`, { ...lane(db, name, ancestor), nextOffset: 0, lastRecordSha256: null });
  for (const task of [...db.tasks.values()])
    if (task.partition === ancestor && task.kind === 'version') db.tasks.set(`${partition}/version/${task.name}`, { ...task, partition });
  let newestClosed = 0;
  for (const row of [...db.generations.values()]) {
    if (row.partition !== ancestor) continue;
    newestClosed = Math.max(newestClosed, row.generation);
    db.generations.set(`${partition}/${row.generation}`, { ...row, partition });
  }
  const blocks = (db.journal.get(ancestor) ?? []).filter(({ commit }) => commit.generation > newestClosed);
  db.journal.set(
    partition,
    blocks.map(({ commit }) => ({ commit: { ...commit, partition }, cells: encodeCellKeys([]), entities: null })),
  );
}
