import type { AnnouncedCell, ChangedEntities, ChangedRow, CommitAnnouncement, SeriesEntry } from '@tidegate/core';
import type { CellKey, DataStore } from '@tidegate/postgres';
import { cellKeyText } from '@tidegate/postgres';
import { standingOf } from './announce.ts';
import type { OwnedPartition } from './owned-partition.ts';

/** Cells and rows that are announced again at most; beyond it readers are made to begin a new cache epoch. */
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
  const changed = await changedSince(store, owned.partition, lastAnnouncedNo);
  if (changed === null) return standing;
  const { series, cells } = await readStates(store, owned.partition, changed.cells);
  return { ...standing, previousCommitNo: lastAnnouncedNo, series, cells, entities: changed.entities };
}

interface ChangedSince {
  readonly cells: readonly CellKey[];
  readonly entities: readonly ChangedEntities[];
}

async function changedSince(store: Pick<DataStore, 'readJournal'>, partition: number, commitNo: number): Promise<ChangedSince | null> {
  const keys = new Map<string, CellKey>();
  const rows = new ChangedRows();
  let next = commitNo + 1;
  for await (const block of store.readJournal(partition, commitNo)) {
    // A block that is not there any more may have changed any cell.
    if (block.commitNo !== next) return null;
    next += 1;
    for (const key of block.cells) keys.set(cellKeyText(key), key);
    for (const changed of block.entities) rows.add(changed);
    if (keys.size + rows.size > CELLS_MAX) return null;
  }
  return { cells: [...keys.values()], entities: rows.list() };
}

/** Each row once, with the values of all its changes. */
class ChangedRows {
  private readonly entities = new Map<string, { readonly named: ChangedEntities; readonly keys: Map<string, ChangedRow> }>();
  size = 0;

  add(changed: ChangedEntities): void {
    const name = JSON.stringify([changed.tenant, changed.pack, changed.entity, changed.lookups]);
    const known = this.entities.get(name) ?? { named: changed, keys: new Map<string, ChangedRow>() };
    this.entities.set(name, known);
    this.size -= known.keys.size;
    for (const key of changed.keys) {
      const row = JSON.stringify([key.subject, key.id]);
      known.keys.set(row, { ...key, values: joined(key.values, known.keys.get(row)?.values ?? []) });
    }
    this.size += known.keys.size;
  }

  list(): readonly ChangedEntities[] {
    return [...this.entities.values()].map(({ named, keys }) => ({ ...named, keys: [...keys.values()] }));
  }
}

function joined(values: ChangedRow['values'], others: ChangedRow['values']): ChangedRow['values'] {
  return values.map((texts, at) => [...new Set([...texts, ...(others[at] ?? [])])]);
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
