import type { Mutant } from './mutant.ts';

const SWITCH = 'packages/postgres/test/growth.integration.test.ts';
const OWNER = 'services/aggregator/test/growth.test.ts';

/** Bugs of making partitions more. */
export const mutants: readonly Mutant[] = [
  {
    name: 'a new partition begins without the closed generations of its ancestor’s window',
    section: 1,
    file: 'packages/postgres/src/growth-store.ts',
    find: "['grow-progress', 'grow-tasks', 'grow-generations', 'grow-blocks']",
    replace: "['grow-progress', 'grow-tasks']",
    tests: [SWITCH],
    kind: 'integration',
  },
  {
    name: 'a new partition begins without the open generation of its ancestor’s window',
    section: 1,
    file: 'packages/postgres/sql/grow-journal.sql',
    find: 'WHERE a.generation >',
    replace: 'WHERE a.generation < 0 AND a.generation >',
    tests: [SWITCH],
    kind: 'integration',
  },
  {
    name: 'owners keep their tokens over the switch',
    section: 1,
    file: 'packages/postgres/sql/fence-all.sql',
    find: 'SET owner = $1::bytea',
    replace: 'SET owner = coalesce(p.owner, $1::bytea)',
    tests: [SWITCH],
    kind: 'integration',
  },
  {
    name: 'a partition beyond the count is claimed, with an empty window',
    section: 1,
    file: 'packages/postgres/sql/claim.sql',
    find: 'WHERE NOT EXISTS (SELECT FROM partition_count c WHERE w.partition >= c.count)',
    replace: 'WHERE true',
    tests: [SWITCH],
    kind: 'integration',
  },
  {
    name: 'an event is counted where it lies, though its key belongs to another partition by now',
    section: 1,
    file: 'services/aggregator/src/consume.ts',
    find: 'if (owned.grown !== null && !(await sendOn(owned, slice))) return null;',
    replace: '',
    tests: [OWNER],
    kind: 'unit',
  },
  {
    name: 'the group is not asked to share out new partitions',
    section: 1,
    file: 'services/aggregator/src/follow-growth.ts',
    find: 'member.rejoin();',
    replace: '',
    tests: [OWNER],
    kind: 'unit',
  },
  {
    name: 'a take-over reads the tombstones of its own partition alone, not of those that its keys had',
    section: 11,
    file: 'services/aggregator/src/take-over.ts',
    find: 'grown === null ? [partition] : classOf(partition, grown)',
    replace: '[partition]',
    tests: [OWNER],
    kind: 'unit',
  },
  {
    name: 'an erasure ends in the partition of the request, though the person’s key had others',
    section: 11,
    file: 'services/aggregator/src/erasure/erase.ts',
    find: 'if (grown === null) return null;',
    replace: 'if (grown !== undefined) return null;',
    tests: [OWNER],
    kind: 'unit',
  },
];
