import type { Mutant } from './mutant.ts';

const WINDOW = 'packages/core/src/dedup/window.ts';
const WINDOW_TEST = 'packages/core/src/dedup/window.property.test.ts';
const FOLDER_TEST = 'packages/core/src/rollup/folder.property.test.ts';
const STATE_TEST = 'packages/core/src/rollup/state.property.test.ts';

export const mutants: readonly Mutant[] = [
  {
    name: 'window not rolled back on abort',
    section: 3,
    file: WINDOW,
    find: 'this.layers = this.layers.filter((layer) => layer.number < number);',
    replace: 'for (const layer of this.layers.splice(0)) if (layer.number >= number) layer.set.addTo(this.openGeneration().set);',
    tests: [WINDOW_TEST, FOLDER_TEST],
    kind: 'unit',
  },
  {
    name: 'layers of later batches survive the abort of an earlier one',
    section: 3,
    file: WINDOW,
    find: 'layer.number < number',
    replace: 'layer.number !== number',
    tests: [WINDOW_TEST],
    kind: 'unit',
  },
  {
    name: 'identities join the window before their commit',
    section: 3,
    file: WINDOW,
    find: 'top.set.add(this.identity, 0);',
    replace: 'this.openGeneration().set.add(this.identity, 0);',
    tests: [WINDOW_TEST],
    kind: 'unit',
  },
  {
    name: 'a generation expires by its first arrival',
    section: 5,
    file: WINDOW,
    find: 'one.arrivalToMs + this.options.windowMs < nowMs',
    replace: 'one.arrivalFromMs + this.options.windowMs < nowMs',
    tests: [WINDOW_TEST],
    kind: 'unit',
  },
  {
    name: 'a generation without its filter is taken to hold nothing',
    section: 5,
    file: WINDOW,
    find: 'filter !== null && !filter.mayHold(this.identity, 0)',
    replace: 'filter?.mayHold(this.identity, 0) !== true',
    tests: [WINDOW_TEST],
    kind: 'unit',
  },
  {
    name: 'an answered question is not checked against the batch itself',
    section: 5,
    file: WINDOW,
    find: 'this.answered.has(this.identity, 0) || this.isInMemory()',
    replace: 'this.answered.has(this.identity, 0)',
    tests: [WINDOW_TEST],
    kind: 'unit',
  },
  {
    name: 'deltas of a failed flush are kept',
    section: 3,
    file: 'packages/core/src/rollup/folder.ts',
    find: 'discard: () => void nextBatch(),',
    replace: 'discard: () => undefined,',
    tests: [FOLDER_TEST],
    kind: 'unit',
  },
  {
    name: 'a cell of the batch before is added to again',
    section: 6,
    file: 'packages/core/src/rollup/folder.ts',
    find: 'series.cells.clear();',
    replace: '',
    tests: [FOLDER_TEST],
    kind: 'unit',
  },
  {
    name: 'a merge of sums forgets what doubles cannot hold',
    section: 6,
    file: 'packages/core/src/rollup/exact-sum.ts',
    find: 'else this.addBig(other.wide, other.scale);',
    replace: 'else this.addNumber(Number(other.wide), other.scale);',
    tests: [STATE_TEST, 'packages/core/src/rollup/exact-sum.property.test.ts'],
    kind: 'unit',
  },
  {
    name: 'an announcement in parts loses a cell at each cut',
    section: 7,
    file: 'packages/core/src/rollup/announcement.ts',
    find: 'parts.push((part = emptyPart()));',
    replace: '{ parts.push((part = emptyPart())); continue; }',
    tests: ['packages/core/src/rollup/announcement.property.test.ts'],
    kind: 'unit',
  },
];
