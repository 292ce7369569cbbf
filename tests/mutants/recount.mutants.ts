import type { Mutant } from './mutant.ts';

const PROPERTY = ['services/aggregator/test/recount.property.test.ts'];
const UNIT_TEST = ['services/aggregator/test/recount-unit.test.ts'];
const ROWS = ['services/aggregator/test/recount-rows.test.ts'];
const UNIT = 'services/aggregator/src/recount/recount-unit.ts';
const REPAIR = 'services/aggregator/src/recount/repair-slice.ts';

/** Bugs of recounting rollups from raw events. */
export const mutants: readonly Mutant[] = [
  {
    name: 'a recount compares cells of commits after its cut',
    section: 6,
    file: UNIT,
    find: 'return commitNo > (cutNo ?? 0) && commitNo <=',
    replace: 'return commitNo < (cutNo ?? 0) && commitNo >',
    tests: UNIT_TEST,
    kind: 'unit',
  },
  {
    name: 'a recount believes a commit number that was not given yet',
    section: 6,
    file: UNIT,
    find: 'commitNo > (cutNo ?? 0) && commitNo <= (given.get(of) ?? 0);',
    replace: 'commitNo > (cutNo ?? 0) && given.size > 0;',
    tests: UNIT_TEST,
    kind: 'unit',
  },
  {
    name: 'drift is repaired and not reported',
    section: 6,
    file: REPAIR,
    find: '      drifts: rows,\n',
    replace: '',
    tests: PROPERTY,
    kind: 'unit',
  },
  {
    name: 'the repair of a cell is not announced',
    section: 7,
    file: REPAIR,
    find: 'return { writes, series, records: drifts.length };',
    replace: 'return { writes: [], series: [], records: drifts.length };',
    tests: PROPERTY,
    kind: 'unit',
  },
  {
    name: 'a repair overwrites what a later commit has counted',
    section: 6,
    file: REPAIR,
    find: 'isSameCell(cell, drift.stored) ? rightState(drift, metric) : null',
    replace: 'rightState(drift, metric)',
    tests: UNIT_TEST,
    kind: 'unit',
  },
  {
    name: 'a recount counts values under themselves that a budget had no room for',
    section: 6,
    file: 'services/aggregator/src/recount/place-folded.ts',
    find: 'decided.decide(await deps.store.readSpentBudgets(decided.asked));',
    replace: 'decided.decide([]);',
    tests: PROPERTY,
    kind: 'unit',
  },
  {
    name: 'a recount does not look again whether the raw day is still there',
    section: 6,
    file: UNIT,
    find: '  const isKept = await isDayKept(deps, ask);',
    replace: '  const isKept = (await isDayKept(deps, ask)) || ask.partition >= 0;',
    tests: UNIT_TEST,
    kind: 'unit',
  },
  {
    name: 'floors of retention read before the cells of a recount',
    section: 6,
    file: UNIT,
    find: '  const after = await deps.store.readFloorsOf(ask.metric);',
    replace: '  const after = floors;',
    tests: UNIT_TEST,
    kind: 'unit',
  },
  {
    name: 'a row that a flush changes while rows are recounted is taken for drift',
    section: 6,
    file: UNIT,
    find: 'return commitNo > (cutNo ?? 0) && commitNo <= (given.get(of) ?? 0);',
    replace: 'return commitNo < 0 && given.size > (cutNo ?? 0);',
    tests: ROWS,
    kind: 'unit',
  },
  {
    name: 'rows of another partition are recounted into the cells of this one',
    section: 6,
    file: 'packages/postgres/src/memory-recount.ts',
    find: 'partitions.includes(row.partition) ? [{ key',
    replace: 'partitions.length > 0 ? [{ key',
    tests: ROWS,
    kind: 'unit',
  },
  {
    name: 'metrics over an entity are not recounted',
    section: 6,
    file: UNIT,
    find: 'return foldRows(deps, { metric: ask.metric, partitions: partitionsOf(ask) }, expected);',
    replace: 'return Promise.resolve();',
    tests: ROWS,
    kind: 'unit',
  },
];
