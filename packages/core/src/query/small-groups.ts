/**
 * Groups of few persons, and those that go with them so that no total gives them away (docs/reference/small-groups.md). Pure.
 *
 * An answer is a table of cells: one axis for its buckets, one for each dimension that it is grouped by. A line is what a coarser
 * question adds up into one row of its own: the cells that share their places on some of the axes. Whoever takes what a line shows
 * from its total is left with what is withheld of it, so that must be nobody, or k persons.
 */

/** How persons are counted: each once, in however many cells. */
export interface PersonTally<P> {
  empty(): P;
  /** Adds `from` to `into`, which may be changed in place; `from` stays as it is. */
  join(into: P, from: P): P;
  size(persons: P): number;
}

export interface CountedCell<P> {
  /** Where it lies on each axis; as many in every cell. */
  readonly places: readonly string[];
  readonly persons: P;
}

interface SizedCell<P> {
  readonly at: number;
  readonly size: number;
  readonly persons: P;
}

/** Which of the cells are withheld, by their place in the list. The same for the same cells, in whatever order they come. */
export function withheldCells<P>(cells: readonly CountedCell<P>[], k: number, tally: PersonTally<P>): ReadonlySet<number> {
  const sized = cells.map(({ persons }, at) => ({ at, persons, size: tally.size(persons) }));
  const withheld = new Set(sized.flatMap(({ at, size }) => (size > 0 && size < k ? [at] : [])));
  if (withheld.size === 0) return withheld;
  // What is withheld beside them has k persons by itself, so no line that was looked at is left with fewer by another.
  for (const line of linesOf(cells, sized)) protectLine(line, withheld, { k, tally });
  return withheld;
}

/** Of every choice of axes that are kept, all but all of them: none is the total of everything. */
function linesOf<P>(cells: readonly CountedCell<P>[], sized: readonly SizedCell<P>[]): readonly (readonly SizedCell<P>[])[] {
  const axes = cells[0]?.places.length ?? 0;
  const texts = cells.map(({ places }) => JSON.stringify(places));
  // By size, and where that is the same by place: the order of the cells decides nothing.
  const ordered = sized.toSorted((a, b) => a.size - b.size || compareTexts(texts[a.at] ?? '', texts[b.at] ?? ''));
  return Array.from({ length: Math.max(1, 2 ** axes - 1) }, (_, kept) => {
    const lines = new Map<string, SizedCell<P>[]>();
    for (const one of ordered) {
      const key = JSON.stringify(cells[one.at]?.places.filter((_place, axis) => (kept & (1 << axis)) !== 0));
      const line = lines.get(key);
      if (line === undefined) lines.set(key, [one]);
      else line.push(one);
    }
    return [...lines.values()];
  }).flat();
}

function compareTexts(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

interface Protection<P> {
  readonly k: number;
  readonly tally: PersonTally<P>;
}

/** Withholds the smallest cell that is shown where what is withheld is too little; one is enough, for every cell of fewer is withheld. */
function protectLine<P>(line: readonly SizedCell<P>[], withheld: Set<number>, { k, tally }: Protection<P>): void {
  const hidden = line.filter(({ at }) => withheld.has(at));
  if (hidden.length === 0) return;
  let persons = tally.empty();
  for (const cell of hidden) persons = tally.join(persons, cell.persons);
  if (tally.size(persons) >= k) return;
  const next = line.find(({ at, size }) => size > 0 && !withheld.has(at));
  if (next !== undefined) withheld.add(next.at);
}
