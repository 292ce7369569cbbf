import type { Mutant } from './mutant.ts';

const TESTS = ['packages/core/src/query/small-groups.property.test.ts'];

/** Bugs of answers from which small groups are withheld (docs/reference/small-groups.md); section 8, for what is kept of them. */
export const mutants: readonly Mutant[] = [
  {
    name: 'a group of fewer than k persons is shown',
    section: 8,
    file: 'packages/core/src/query/small-groups.ts',
    find: 'size > 0 && size < k ?',
    replace: 'size > 0 && size < k - 1 ?',
    tests: TESTS,
    kind: 'unit',
  },
  {
    name: 'what is withheld is the total less what is shown',
    section: 8,
    file: 'packages/core/src/query/small-groups.ts',
    find: 'if (tally.size(persons) >= k) return;',
    replace: 'if (tally.size(persons) > 0) return;',
    tests: TESTS,
    kind: 'unit',
  },
  {
    name: 'an answer that is kept is given for another k',
    section: 8,
    file: 'packages/core/src/query/plan.ts',
    find: 'k === undefined ? all : [...all, k]',
    replace: 'k === undefined ? all : all',
    tests: TESTS,
    kind: 'unit',
  },
  {
    name: 'a route that shows persons is open to who is told of groups alone',
    section: 8,
    file: 'packages/http/src/routes/routes.ts',
    find: '  if (seen.k !== undefined && withholdsSmallGroups !== true) return false;\n',
    replace: '',
    tests: ['services/query/test/row-scope.test.ts'],
    kind: 'unit',
  },
  {
    name: 'a token withholds less than the key that made it',
    section: 8,
    file: 'services/gateway/src/token-routes.ts',
    find: 'caller.rows?.k ?? 0',
    replace: '0',
    tests: ['services/gateway/test/key-groups.integration.test.ts'],
    kind: 'integration',
  },
  {
    name: 'a view that withholds by itself does not know the k of the key',
    section: 8,
    file: 'packages/core/src/view/withholding.ts',
    find: 'rows?.k ?? 1',
    replace: '1',
    tests: ['services/query/test/views.test.ts'],
    kind: 'unit',
  },
  {
    name: 'a view that reads rows is open to who is told of groups alone, whether it withholds or not',
    section: 8,
    file: 'services/query/src/views/run-view.ts',
    find: 'view.withholds === null ? asker : ofRows(asker)',
    replace: 'ofRows(asker)',
    tests: ['services/query/test/views.test.ts'],
    kind: 'unit',
  },
];
