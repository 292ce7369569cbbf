/** Which cells of an answer are withheld, by the persons in them. */
import type { StateAlgebra } from './measure-value.ts';
import type { SmallGroups } from './plan-figures.ts';
import type { Plan } from './plan.ts';
import type { AskedMeasure } from './shape.ts';
import { withheldCells } from './small-groups.ts';
import type { PersonTally } from './small-groups.ts';

/** The rows of an answer that have the same values of the dimensions. */
export interface Group<S> {
  readonly key: string;
  readonly texts: readonly (string | null)[];
  /** By bucket; without buckets one state at 0. */
  readonly states: (S | undefined)[];
  /** By bucket whose series were merged into the state; only where persons are counted so. */
  readonly persons: (Set<string> | undefined)[];
}

export interface HiddenCells<S> {
  /** How many. */
  readonly cells: number;
  isHidden(group: Group<S>, at: number): boolean;
  /** Whether nothing of the group is shown. */
  isAllHidden(group: Group<S>): boolean;
}

/** Null: nothing is withheld in such an answer. */
export function hiddenIn<S>({ smallGroups }: Plan, algebra: StateAlgebra<S>, groups: ReadonlyMap<string, Group<S>>): HiddenCells<S> | null {
  if (smallGroups === null) return null;
  const cells = [...groups.values()].flatMap((group) => [...group.states.keys()].flatMap((at) => cellOf(group, at)));
  const hidden = withheldOf(cells, smallGroups, algebra);
  const places = new Map<Group<S>, Set<number>>();
  for (const at of hidden) {
    const cell = cells[at];
    if (cell !== undefined) places.set(cell.group, (places.get(cell.group) ?? new Set()).add(cell.at));
  }
  const isHidden = (group: Group<S>, at: number): boolean => places.get(group)?.has(at) === true;
  return {
    cells: hidden.size,
    isHidden,
    isAllHidden: (group) => places.has(group) && group.states.every((state, at) => state === undefined || isHidden(group, at)),
  };
}

interface Cell<S> {
  readonly group: Group<S>;
  readonly at: number;
  readonly state: S;
}

function cellOf<S>(group: Group<S>, at: number): Cell<S>[] {
  const state = group.states[at];
  return state === undefined ? [] : [{ group, at, state }];
}

function withheldOf<S>(cells: readonly Cell<S>[], { k, persons }: SmallGroups, algebra: StateAlgebra<S>): ReadonlySet<number> {
  const placesOf = ({ group, at }: Cell<S>): string[] => [String(at), ...group.texts.map((text) => (text === null ? '0' : `1${text}`))];
  if (persons === null) {
    const counted = cells.map((cell) => ({ places: placesOf(cell), persons: cell.group.persons[cell.at] ?? new Set<string>() }));
    return withheldCells(counted, k, NAMED);
  }
  const counted = cells.map((cell) => ({ places: placesOf(cell), persons: cell.state }));
  return withheldCells(counted, k, tallyOf(algebra, persons));
}

/** By pseudonym. */
const NAMED: PersonTally<Set<string>> = {
  empty: () => new Set(),
  join(into, from) {
    for (const person of from) into.add(person);
    return into;
  },
  size: (persons) => persons.size,
};

function tallyOf<S>(algebra: StateAlgebra<S>, persons: AskedMeasure): PersonTally<S> {
  return {
    empty: () => algebra.empty(),
    join(into, from) {
      if (algebra.join === undefined) throw new TypeError('these states cannot be joined, so no group can be withheld');
      return algebra.join(into, from);
    },
    size(state) {
      const count = algebra.read(state, persons);
      if (typeof count !== 'number') throw new TypeError('persons are counted by a measure that has no number');
      return count;
    },
  };
}
