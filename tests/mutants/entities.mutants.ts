import type { Mutant } from './mutant.ts';

const ROWS = 'packages/core/src/entity/entities.property.test.ts';
const AGING = 'services/aggregator/test/row-retention.test.ts';
const HISTORY = 'services/aggregator/test/entity-history.test.ts';
const OWNER = 'services/aggregator/test/entities.test.ts';

/** Bugs of rows of entities, and of metrics over them. */
export const mutants: readonly Mutant[] = [
  {
    name: 'entity overwritten whole',
    section: 6,
    file: 'packages/core/src/entity/merge.ts',
    find: '    if (known !== undefined && !stands(value, known)) continue;\n',
    replace: '    if (known !== undefined && value === known) continue;\n',
    tests: [ROWS],
    kind: 'unit',
  },
  {
    name: 'deletion that no later event outlives',
    section: 6,
    file: 'packages/core/src/entity/entity-shape.ts',
    find: 'return live !== null && (deleted === null || compareStamps(live, deleted) > 0);',
    replace: 'return live !== null && deleted === null;',
    tests: [ROWS],
    kind: 'unit',
  },
  {
    name: 'old state of a row not taken out of the cells',
    section: 6,
    file: 'packages/core/src/entity/project.ts',
    find: '    subtractState(known.state, delta.state);\n',
    replace: '',
    tests: [ROWS],
    kind: 'unit',
  },
  {
    name: 'row put into a version that holds it already',
    section: 6,
    file: 'packages/core/src/entity/project.ts',
    find: '    before.push({ key: change.key, state: stored });',
    replace: '    before.push({ key: change.key, state: { ...stored, counted: [] } });',
    tests: [ROWS],
    kind: 'unit',
  },
  {
    name: 'changed rows announced without their keys',
    section: 7,
    file: 'services/aggregator/src/announce.ts',
    find: 'entities: frozen.entities?.changed ?? [],',
    replace: 'entities: [],',
    tests: [OWNER],
    kind: 'unit',
  },
  {
    name: 'changed rows left out of the journal, so that a new owner does not announce them',
    section: 7,
    file: 'services/aggregator/src/reannounce.ts',
    find: '    for (const changed of block.entities) rows.add(changed);\n',
    replace: '',
    tests: [OWNER],
    kind: 'unit',
  },
  {
    name: 'rows of an entity that came after its events hold those to come alone',
    section: 6,
    file: 'services/aggregator/src/known-packs.ts',
    find: 'making = all.flatMap((pack) => [...pack.making, ...pack.rows]);',
    replace: 'making = all.flatMap((pack) => pack.making);',
    tests: [HISTORY],
    kind: 'unit',
  },
  {
    name: 'a member that is declared later has no history',
    section: 6,
    file: 'packages/core/src/entity/rows-version.ts',
    find: 'deletedBy.toSorted(), columns, ...own]',
    replace: 'deletedBy.toSorted(), columns.length > 0, ...own]',
    tests: [HISTORY],
    kind: 'unit',
  },
  {
    name: 'rows past their time stay in the figures over them',
    section: 6,
    file: 'services/aggregator/src/row-retention.ts',
    find: 'made ??= merge(aged, fold?.fold(aged, []) ?? null);',
    replace: 'made ??= merge(aged, fold?.fold([], []) ?? null);',
    tests: [AGING],
    kind: 'unit',
  },
  {
    name: 'a row past its time is not looked at again under its lock',
    section: 6,
    file: 'services/aggregator/src/row-retention.ts',
    find: 'stored.filter((row) => isAged(row, entity.retention, beforeMs));',
    replace: 'stored.filter((row) => isAged(row, entity.retention, Infinity));',
    tests: [AGING],
    kind: 'unit',
  },
  {
    name: 'figures are worked out from the first page of the rows that were asked for whole',
    section: 6,
    file: 'packages/postgres/src/entity-reader.ts',
    find: 'if (isWhole && found.length > limit) {',
    replace: 'if (isWhole && found.length > limit + 1) {',
    tests: ['packages/postgres/test/memory-entities.test.ts'],
    kind: 'unit',
  },
];
