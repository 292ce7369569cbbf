/**
 * The cells of a batch that wait for the budgets of dimensions: whether a value has a series of its own or is counted as
 * `_other` is decided inside the transaction of the flush. Nothing of them is remembered before the commit stands, so they can
 * be decided anew as often as it is tried.
 */
import { otherSeries } from '@tidegate/core';
import type { CellDelta, SeriesEntry } from '@tidegate/core';
import type { AskedValue, PendingValues, SpentBudget } from '@tidegate/postgres';
import { budgetText, cellKeyText } from '@tidegate/postgres';
import { idText } from './admissions.ts';
import type { HeldValue } from './admissions.ts';
import type { ChangedCell } from './changed-cell.ts';

export interface HeldDelta {
  readonly delta: CellDelta;
  readonly entry: SeriesEntry;
  /** At least one. */
  readonly values: readonly HeldValue[];
}

export interface HeldCells extends PendingValues {
  /** The cells as decided last. */
  readonly cells: readonly ChangedCell[];
  /** What was told last. */
  readonly spent: readonly SpentBudget[];
  /** Deltas that went to `_other`, as decided last. */
  readonly deltasFolded: number;
}

export interface HeldCellsDeps {
  readonly cellOf: (entry: SeriesEntry, delta: CellDelta) => ChangedCell;
  readonly isWritten: (entry: SeriesEntry) => boolean;
}

export function createHeldCells(held: readonly HeldDelta[], deps: HeldCellsDeps): HeldCells {
  const cells = {
    asked: askedOf(held),
    cells: [] as readonly ChangedCell[],
    spent: [] as readonly SpentBudget[],
    deltasFolded: 0,
    decide(spent: readonly SpentBudget[]): void {
      const decided = decideAll(held, spent, deps);
      Object.assign(cells, decided, { spent });
    },
    series: (): readonly SeriesEntry[] => {
      const entries = new Map(cells.cells.map(({ entry }) => [idText(entry.id), entry]));
      return [...entries.values()].filter((entry) => !deps.isWritten(entry));
    },
  };
  return cells;
}

function askedOf(held: readonly HeldDelta[]): readonly AskedValue[] {
  const asked = new Map<string, AskedValue>();
  for (const { values } of held) {
    for (const value of values) if (!value.isRefused) asked.set(`${value.budget} ${value.id}`, value);
  }
  return [...asked.values()];
}

function decideAll(
  held: readonly HeldDelta[],
  spent: readonly SpentBudget[],
  { cellOf }: HeldCellsDeps,
): Pick<HeldCells, 'cells' | 'deltasFolded'> {
  const admitted = new Map(spent.map((budget) => [budgetText(budget), new Set(budget.admitted.map(idText))]));
  const hasRoom = ({ isRefused, budget, id }: HeldValue): boolean => !isRefused && (admitted.get(budget)?.has(id) ?? true);
  const others = new Map<string, SeriesEntry>();
  const cells = new Map<string, ChangedCell>();
  let deltasFolded = 0;
  for (const { delta, entry, values } of held) {
    const places = values.flatMap((value) => (hasRoom(value) ? [] : [value.place]));
    if (places.length > 0) deltasFolded += 1;
    const to = cellOf(places.length === 0 ? entry : otherOf(others, entry, places), delta);
    const known = cells.get(cellKeyText(to.key));
    if (known === undefined) cells.set(cellKeyText(to.key), to);
    else known.deltas.push(delta);
  }
  return { cells: [...cells.values()], deltasFolded };
}

/** Thousands of series of a batch may become a few: each of these is hashed once. */
function otherOf(others: Map<string, SeriesEntry>, entry: SeriesEntry, places: readonly number[]): SeriesEntry {
  const { tenant, metric, version, setNo, subject, dims } = entry;
  const kept = dims.map((value, place) => (places.includes(place) ? 0 : value));
  const name = JSON.stringify([tenant, metric, version, setNo, subject, kept]);
  const known = others.get(name);
  if (known !== undefined) return known;
  const made = otherSeries(entry, places);
  others.set(name, made);
  return made;
}
