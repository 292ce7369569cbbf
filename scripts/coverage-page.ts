/** One row of the coverage page: a requirement, how far it is met, what of it is missing, and the tests that prove the rest. */
export interface CoverageRow {
  readonly id: string;
  readonly asks: string;
  readonly state: string;
  readonly missing: string;
  readonly tests: readonly string[];
}

const STATES = new Set(['planned', 'partly', 'done']);

/** Rows of the tables of the page, in their order. */
export function readCoverage(page: string): readonly CoverageRow[] {
  return page
    .split('\n')
    .map((line) => /^\| ([A-Z]{1,2}-[A-Z]?\d+(?:\.\d+)?) \| (.*) \| (.*) \| (.*) \| (.*) \|$/.exec(line))
    .filter((match) => match !== null)
    .map(([, id = '', asks = '', state = '', missing = '', tests = '']) => ({
      id,
      asks,
      state,
      missing,
      tests: tests
        .split('<br>')
        .map((path) => path.trim().replaceAll('`', ''))
        .filter((path) => path !== ''),
    }));
}

/**
 * What is wrong with the page, empty when nothing is: each id of `ids` has one row, states are the three known ones, what is
 * claimed as done or partly done names a test file that exists, and what is partly done says what is missing, what is done nothing.
 */
export function coverageProblems(
  rows: readonly CoverageRow[],
  known: { readonly ids: readonly string[]; readonly exists: (path: string) => boolean },
): readonly string[] {
  const present = new Set(rows.map((row) => row.id));
  const wanted = new Set(known.ids);
  const missing = known.ids.filter((id) => !present.has(id)).map((id) => `${id} has no row`);
  const surplus = rows.filter((row) => !wanted.has(row.id)).map((row) => `${row.id} is not a requirement`);
  const doubled = rows
    .filter((row, index) => rows.findIndex((other) => other.id === row.id) !== index)
    .map((row) => `${row.id} has two rows`);
  return [...missing, ...surplus, ...doubled, ...rows.flatMap((row) => rowProblems(row, known.exists))];
}

function rowProblems(row: CoverageRow, exists: (path: string) => boolean): readonly string[] {
  const { id, asks, state } = row;
  const problems: string[] = [];
  if (asks.trim() === '') problems.push(`${id} does not say what it asks`);
  if (!STATES.has(state)) problems.push(`${id}: the state "${state}" is none of planned, partly, done`);
  return [...problems, ...missingProblems(row), ...testProblems(row, exists)];
}

function missingProblems({ id, state, missing }: CoverageRow): readonly string[] {
  const isSaid = missing.trim() !== '';
  if (state === 'partly' && !isSaid) return [`${id} is partly but does not say what is missing`];
  return state === 'done' && isSaid ? [`${id} is done but says that something is missing`] : [];
}

function testProblems({ id, state, tests }: CoverageRow, exists: (path: string) => boolean): readonly string[] {
  if (state !== 'planned' && tests.length === 0) return [`${id} is ${state} but names no test`];
  return tests.flatMap((path) => {
    if (!path.endsWith('.test.ts')) return [`${id}: ${path} is not a test`];
    return exists(path) ? [] : [`${id}: ${path} does not exist`];
  });
}
