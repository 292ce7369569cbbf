import type { Mutant } from './mutant.ts';

const LANE = 'packages/kafka/src/platformatic/produce-lane.ts';
const LANE_TEST = 'packages/kafka/src/platformatic/produce-lane.test.ts';

/** Bugs of the log: section 1 promises that what is accepted is in it once and in order. */
export const mutants: readonly Mutant[] = [
  {
    name: 'the producer id is kept after an unknown outcome',
    section: 1,
    file: LANE,
    find: 'if (head.isUncertain) this.#abandon();',
    replace: '',
    tests: [LANE_TEST],
    kind: 'unit',
  },
  {
    name: 'a batch that may be in the log is reported as not sent',
    section: 1,
    file: LANE,
    find: "if (head && this.#stage === 'written') head.isUncertain = true;",
    replace: '',
    tests: [LANE_TEST],
    kind: 'unit',
  },
  {
    name: 'a batch that may be in the log is sent again under another producer id',
    section: 1,
    file: LANE,
    find: "|| (verdict === 'stranger' && head.isUncertain)",
    replace: '',
    tests: [LANE_TEST],
    kind: 'unit',
  },
  {
    name: 'the sequence does not move on with the records',
    section: 1,
    file: LANE,
    find: '(this.#sequence + head.batch.count) & SEQUENCE_MASK',
    replace: '(this.#sequence + 1) & SEQUENCE_MASK',
    tests: [LANE_TEST],
    kind: 'unit',
  },
  {
    name: 'a partition is given away before its holder has let it go',
    section: 3,
    file: 'packages/kafka/src/assignment.ts',
    find: 'partitions.filter((partition) => (holders[partition] ?? memberId) === memberId)',
    replace: 'partitions.filter(() => true)',
    tests: ['packages/kafka/src/assignment.property.test.ts'],
    kind: 'unit',
  },
  {
    name: 'records below the offset that was asked for are delivered',
    section: 3,
    file: 'packages/kafka/src/slab.ts',
    find: 'if (offset < fromOffset) {',
    replace: 'if (offset < fromOffset && offset < 0) {',
    tests: ['packages/kafka/src/record-batch.property.test.ts'],
    kind: 'unit',
  },
  {
    name: 'a join that fails leaves a member behind that nobody is',
    section: 4,
    file: 'packages/kafka/src/platformatic/group-wire.ts',
    find: '      onMember(givenId);\n',
    replace: '',
    tests: ['packages/kafka/test/group.integration.test.ts'],
    kind: 'integration',
  },
];
