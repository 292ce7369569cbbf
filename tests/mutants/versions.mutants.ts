import type { Mutant } from './mutant.ts';

const VERSIONS = ['services/aggregator/test/metric-versions.test.ts'];
const TASK = 'services/aggregator/src/version-task.ts';

/** Bugs of metric versions that are made of raw events. */
export const mutants: readonly Mutant[] = [
  {
    name: 'cut taken outside the transaction',
    section: 6,
    file: TASK,
    find: 'committed: offset }: EventCursor',
    replace: 'folded: offset }: EventCursor',
    tests: VERSIONS,
    kind: 'unit',
  },
  {
    name: 'what was folded without a version beyond its cut is kept',
    section: 6,
    file: TASK,
    find: '      deps.refold(owned);\n',
    replace: '',
    tests: VERSIONS,
    kind: 'unit',
  },
  {
    name: 'cursor of a metric version left out of the transaction of its cells',
    section: 6,
    file: TASK,
    find: 'commit: { cells, series: cells.newSeries, tasks: after.map(toChange), entities },',
    replace: 'commit: { cells, series: cells.newSeries, tasks: [] },',
    tests: VERSIONS,
    kind: 'unit',
  },
  {
    name: 'owner keeps states of cells that the making of a version has written',
    section: 6,
    file: TASK,
    find: '      owned.cells.forget(writes);\n',
    replace: '',
    tests: VERSIONS,
    kind: 'unit',
  },
  {
    name: 'raw rows at and above the cut are folded too',
    section: 6,
    file: 'services/aggregator/src/raw-pages.ts',
    find: 'logGeneration === bound.logGeneration ? bound.offset : Number.POSITIVE_INFINITY',
    replace: 'Number.POSITIVE_INFINITY',
    tests: VERSIONS,
    kind: 'unit',
  },
  {
    name: 'versions that an earlier owner has adopted are not read at the take-over',
    section: 6,
    file: 'services/aggregator/src/take-over.ts',
    find: 'createPartitionVersions(await store.readTasks(partition, VERSION_TASKS))',
    replace: 'createPartitionVersions((await store.readTasks(partition, VERSION_TASKS)).slice(0, 0))',
    tests: VERSIONS,
    kind: 'unit',
  },
  {
    name: 'swap before every partition has made the version',
    section: 6,
    file: 'packages/postgres/src/control/pack-history.ts',
    find: 'row.partitions === partitions',
    replace: 'row.partitions > 0',
    tests: ['packages/postgres/test/pack-history.integration.test.ts'],
    kind: 'integration',
  },
];
