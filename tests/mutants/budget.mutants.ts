import type { Mutant } from './mutant.ts';

const STORE = 'packages/postgres/test/store.integration.test.ts';
const MODEL = 'services/aggregator/test/delivery.model.test.ts';
const ADMISSIONS = 'services/aggregator/src/admissions.test.ts';

/** Bugs of the budgets of dimensions. */
export const mutants: readonly Mutant[] = [
  {
    name: 'budget decided outside the transaction',
    section: 6,
    file: 'packages/postgres/src/commit-transaction.ts',
    find: "  steps.send(client.query('BEGIN'));\n  await fault('flush.begun');\n  const fenced = steps.ask(fence(client, commits));\n  const spent = steps.ask(admitValues(client, askedOf(commits)));\n",
    replace:
      "  const spent = steps.ask(admitValues(client, askedOf(commits)));\n  steps.send(client.query('BEGIN'));\n  await fault('flush.begun');\n  const fenced = steps.ask(fence(client, commits));\n",
    tests: [STORE],
    kind: 'integration',
  },
  {
    name: 'budget decided without its lock',
    section: 6,
    file: 'packages/postgres/sql/hold-budgets.sql',
    find: 'ON CONFLICT (tenant, metric, dimension, event_day) DO UPDATE SET values_max = excluded.values_max',
    replace: 'ON CONFLICT DO NOTHING',
    tests: [STORE],
    kind: 'integration',
  },
  {
    name: 'budget of each owner instead of one for all',
    section: 6,
    file: 'packages/postgres/sql/admit-values.sql',
    find: 'b.admitted + f.place <= b.values_max',
    replace: 'f.place <= b.values_max',
    tests: [STORE],
    kind: 'integration',
  },
  {
    name: 'value admitted anew after a take-over',
    section: 6,
    file: 'packages/postgres/sql/admit-values.sql',
    find: 'WHERE v.value_id IS NULL',
    replace: 'WHERE TRUE',
    tests: [STORE],
    kind: 'integration',
  },
  {
    name: 'budget that refused a value has room again',
    section: 6,
    file: 'packages/postgres/sql/admit-values.sql',
    find: 'b.spent_at IS NULL AND ',
    replace: '',
    tests: [STORE],
    kind: 'integration',
  },
  {
    name: 'refused value keeps its series',
    section: 6,
    file: 'services/aggregator/src/held-cells.ts',
    find: 'places.length === 0 ? entry : otherOf(others, entry, places)',
    replace: 'places.length >= 0 ? entry : otherOf(others, entry, places)',
    tests: [MODEL],
    kind: 'unit',
  },
  {
    name: 'second delta of the rest dropped',
    section: 6,
    file: 'services/aggregator/src/held-cells.ts',
    find: '    else known.deltas.push(delta);\n',
    replace: '',
    tests: [MODEL],
    kind: 'unit',
  },
  {
    name: 'budget of the day before goes on',
    section: 6,
    file: 'services/aggregator/src/admissions.ts',
    find: 'Math.floor(bucketS / DAY_S)',
    replace: 'Math.floor(bucketS / DAY_S / 2)',
    tests: [ADMISSIONS, MODEL],
    kind: 'unit',
  },
  {
    name: 'budget taken for known whole that is not',
    section: 6,
    file: 'services/aggregator/src/admissions.ts',
    find: 'known.isSpent = budget.isWhole;',
    replace: 'known.isSpent = true;',
    tests: [ADMISSIONS],
    kind: 'unit',
  },
  {
    name: 'value of the name of the rest counted with the rest',
    section: 6,
    file: 'packages/core/src/rollup/series-table.ts',
    find: 'value === null ? null : storedValue(value)',
    replace: 'value === null ? null : (storedValue(value), value)',
    tests: [MODEL],
    kind: 'unit',
  },
];
