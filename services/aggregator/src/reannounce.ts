import type { AnnouncedCell, CommitAnnouncement, SeriesEntry } from '@tidegate/core';
import type { CellKey, DataStore } from '@tidegate/postgres';
import { cellKeyText } from '@tidegate/postgres';
import { standingOf } from './announce.ts';
import type { OwnedPartition } from './owned-partition.ts';

/** Cells that are announced again at most; beyond it readers are made to begin a new cache epoch. */
const CELLS_MAX = 50_000;
const CELLS_PER_READ = 1_000;

/**
 * What a new owner has to tell: the cells of all commits after the last one found announced, in one announcement with their
 * present states. Where that is not known or too much, an announcement without cells that leaves a hole: a reader that lacks
 * those commits begins a new epoch and fills from Postgres.
 */
export async function reannouncement(
  store: Pick<DataStore, 'readJournal' | 'readCells'>,
  owned: OwnedPartition,
  lastAnnouncedNo: number | null,
): Promise<CommitAnnouncement> {
  const standing = standingOf(owned);
  if (lastAnnouncedNo === null || lastAnnouncedNo >= owned.commitNo) return standing;
  const keys = await changedSince(store, owned.partition, lastAnnouncedNo);
  if (keys === null) return standing;
  const { series, cells } = await readStates(store, owned.partition, keys);
  return { ...standing, previousCommitNo: lastAnnouncedNo, series, cells };
}

async function changedSince(
  store: Pick<DataStore, 'readJournal'>,
  partition: number,
  commitNo: number,
): Promise<readonly CellKey[] | null> {
  const keys = new Map<string, CellKey>();
  let next = commitNo + 1;
  for await (const block of store.readJournal(partition, commitNo)) {
    // A block that is not there any more may have changed any cell.
    if (block.commitNo !== next) return null;
    next += 1;
    for (const key of block.cells) keys.set(cellKeyText(key), key);
    if (keys.size > CELLS_MAX) return null;
  }
  return [...keys.values()];
}

async function readStates(
  store: Pick<DataStore, 'readCells'>,
  partition: number,
  keys: readonly CellKey[],
): Promise<{ series: SeriesEntry[]; cells: AnnouncedCell[] }> {
  const series: SeriesEntry[] = [];
  const places = new Map<string, number>();
  const cells: AnnouncedCell[] = [];
  for (let at = 0; at < keys.length; at += CELLS_PER_READ) {
    for (const cell of await store.readCells(partition, keys.slice(at, at + CELLS_PER_READ))) {
      const id = Buffer.from(cell.seriesId).toString('latin1');
      let place = places.get(id);
      if (place === undefined) {
        place = series.push(cell.series) - 1;
        places.set(id, place);
      }
      cells.push({ series: place, grain: cell.grain, bucketS: cell.bucketS, revision: cell.revision, state: cell.state });
    }
  }
  return { series, cells };
}
