import { createHash } from 'node:crypto';
import { findMeasure, formatExact, readMeasureAt } from '@tidegate/core';
import type { RollupState, StateValue } from '@tidegate/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { foldAll, linesOf } from './folded.ts';
import type { Folded, LoggedEvent } from './folded.ts';
import { openOracle, sqlText } from './oracle.ts';
import type { Oracle, OracleValue } from './oracle.ts';
import { createSpans, dataFile, TRACES_FILE, WIKIPEDIA_FILE } from './tables.ts';

// Measures over real files without a server: what folding, merging and the codec make of them, against DuckDB over the same file.
let oracle: Oracle;
beforeAll(async () => {
  oracle = await openOracle();
});
afterAll(() => oracle?.close());

const BOUNDS = [0, 1, 10, 100, 1_000, 10_000, 100_000];

function read(folded: Folded, state: RollupState, name: string): StateValue {
  const place = findMeasure(folded.measures, name);
  return place === null ? null : readMeasureAt(state, place.index, place);
}

function shown(value: StateValue): OracleValue {
  return typeof value === 'object' && value !== null && 'unscaled' in value ? formatExact(value) : (value as OracleValue);
}

/** Per group and for all: the values of `names`, against the columns of a query whose first column is the group, null for all. */
async function expectGroups(folded: Folded, names: readonly string[], sql: string): Promise<void> {
  const expected = await oracle.rows(sql);
  expect(expected.length).toBe(folded.states.size + 1);
  for (const [group, ...values] of expected) {
    const state = group === null || group === undefined ? folded.whole : folded.states.get(String(group));
    expect([group, ...names.map((name) => (state === undefined ? 'no state' : shown(read(folded, state, name))))]).toEqual([
      group,
      ...values,
    ]);
  }
}

/** The variance as a fraction of whole numbers, divided once; DuckDB's own var_samp sums up in doubles. */
const variance = (x: string): string =>
  `CAST((count(${x}) * sum(${x}::HUGEINT * ${x}) - sum(${x}::HUGEINT) * sum(${x}::HUGEINT)) AS DOUBLE) / CAST(count(${x})::HUGEINT * (count(${x}) - 1) AS DOUBLE)`;
const bins = (x: string): string =>
  [
    `count(*) FILTER (${x} < ${BOUNDS[0]})`,
    ...BOUNDS.map((from, at) => `count(*) FILTER (${x} >= ${from} AND ${x} < ${BOUNDS[at + 1] ?? "'Infinity'::DOUBLE"})`),
  ].join(', ');

async function expectVariance(folded: Folded, sql: string): Promise<void> {
  for (const [group, exact, sample] of await oracle.rows(sql)) {
    const state = group === null || group === undefined ? folded.whole : folded.states.get(String(group));
    const found = state === undefined ? undefined : read(folded, state, 'variance');
    if (sample === null || sample === undefined) expect(found).toBeNull();
    else {
      // The oracle's fraction rounds three times; its own variance is good for some ten digits.
      expect(Math.abs(Number(found) - Number(exact))).toBeLessThanOrEqual(Number(exact) * 1e-15);
      expect(Math.abs(Number(found) - Number(sample))).toBeLessThanOrEqual(Number(sample) * 1e-9);
    }
  }
}

async function expectBins(folded: Folded, column: string, table: string): Promise<void> {
  const [expected] = await oracle.rows(`SELECT ${bins(column)} FROM ${table}`);
  const found = read(folded, folded.whole, 'sizes') as readonly { count: number }[];
  expect(found.map(({ count }) => count)).toEqual(expected?.map(Number));
}

/** Bounds of every listed value, and that no value that must be listed is missing. */
async function expectTop(folded: Folded, counters: number, truth: string): Promise<void> {
  const counts = new Map((await oracle.rows(truth)).map(([value, count]) => [String(value), Number(count)]));
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const found = read(folded, folded.whole, 'top') as readonly { value: string; count: number; error: number }[];
  expect(found).toHaveLength(10);
  for (const { value, count, error } of found) {
    const exact = counts.get(value) ?? 0;
    expect([value, exact <= count, exact >= count - error, error <= total / (counters + 1)]).toEqual([value, true, true, true]);
  }
  const least = found.at(-1)?.count ?? 0;
  const missing = [...counts].filter(([value, count]) => count > least && !found.some((one) => one.value === value));
  expect(missing).toEqual([]);
}

describe('Wikipedia edits', () => {
  const COUNTERS = 500;
  let folded: Folded;

  beforeAll(async () => {
    await oracle.run(`CREATE TABLE wiki AS
      SELECT CAST(row_number() OVER () - 1 AS VARCHAR) AS id, epoch_ms(CAST(time AS TIMESTAMPTZ)) AS ms, namespace, page, "user" AS editor,
             CAST(added AS BIGINT) AS added, CAST(delta AS BIGINT) AS delta
      FROM read_json(${sqlText(dataFile(WIKIPEDIA_FILE))}, format = 'newline_delimited',
        columns = {time: 'VARCHAR', namespace: 'VARCHAR', page: 'VARCHAR', user: 'VARCHAR', added: 'BIGINT', delta: 'BIGINT'})`);
    const events = linesOf(dataFile(WIKIPEDIA_FILE)).map((line, at): LoggedEvent => {
      const row = JSON.parse(line) as Record<string, string | number>;
      const data = Object.fromEntries(['namespace', 'page', 'added', 'delta'].map((name) => [name, JSON.stringify(row[name])]));
      const subject = createHash('sha256').update(String(row['user'])).digest('hex');
      return { id: String(at), subject, timeMs: Date.parse(String(row['time'])), data };
    });
    const text = { type: 'string', max_length: 256 };
    folded = foldAll(
      {
        pack: 'wiki',
        title: 'Edits',
        events: {
          'wiki.edit': {
            fields: { namespace: { ...text, dimension: true }, page: text, added: { type: 'integer' }, delta: { type: 'integer' } },
          },
        },
        metrics: {
          edits: {
            events: ['wiki.edit'],
            dimensions: ['namespace'],
            measures: {
              editors: { measure: 'distinct', field: 'subject' },
              pages: { measure: 'distinct', field: 'page' },
              top: { measure: 'top_k', field: 'page', counters: COUNTERS },
              spread: { measure: 'variance', field: 'delta' },
              sizes: { measure: 'histogram', field: 'added', bounds: BOUNDS },
              first_page: { measure: 'first', field: 'page' },
              last_added: { measure: 'last', field: 'added' },
            },
          },
        },
      },
      events,
    );
  }, 120_000);

  test('first and last are those by time and id, in every namespace and over all', async () => {
    const by = (of: string, order: string): string => `arg_${order}(${of}, {'ms': ms, 'id': id})`;
    await expectGroups(
      folded,
      ['first_page', 'last_added'],
      `SELECT namespace, ${by('page', 'min')}, CAST(${by('added', 'max')} AS VARCHAR) FROM wiki GROUP BY ROLLUP (namespace)`,
    );
  });

  test('distinct editors and pages are exact to 1,024, and within 2.5 % beyond', async () => {
    let exact = 0;
    for (const [namespace, editors, pages] of await oracle.rows(
      'SELECT namespace, count(DISTINCT editor)::INT, count(DISTINCT page)::INT FROM wiki GROUP BY ROLLUP (namespace)',
    )) {
      const state = namespace === null ? folded.whole : folded.states.get(String(namespace));
      if (state === undefined) throw new Error('a namespace without a state');
      for (const [name, truth] of [
        ['editors', Number(editors)],
        ['pages', Number(pages)],
      ] as const) {
        const found = Number(read(folded, state, name));
        if (truth <= 1_024) expect(found).toBe(truth);
        else expect(Math.abs(found / truth - 1)).toBeLessThan(0.025);
        exact += Number(truth <= 1_024);
      }
    }
    // Both sides of the limit are met.
    expect(exact).toBeGreaterThan(10);
    expect(Number(read(folded, folded.whole, 'pages'))).toBeGreaterThan(30_000);
  });

  test('the most frequent pages have true counts within their bounds, and none is missing', async () => {
    await expectTop(folded, COUNTERS, 'SELECT page, count(*)::INT FROM wiki GROUP BY 1');
  });

  test('variances of the change of size, and the histogram of what was added', async () => {
    await expectVariance(folded, `SELECT namespace, ${variance('delta')}, var_samp(delta) FROM wiki GROUP BY ROLLUP (namespace)`);
    await expectBins(folded, 'added', 'wiki');
  });
});

describe('Train Ticket spans', () => {
  /** A third of the file: reading all of it is what the tests of the whole system do. */
  const UNTIL_MS = Date.UTC(2023, 0, 30, 12, 20);
  let folded: Folded;

  beforeAll(async () => {
    await createSpans(oracle);
    await oracle.run(`DELETE FROM spans WHERE epoch_ms(instant) >= ${UNTIL_MS}`);
    const seen = new Set<string>();
    const events = linesOf(dataFile(TRACES_FILE))
      .slice(1)
      .flatMap((line): LoggedEvent[] => {
        const [, span = '', , pod = '', operation = '', start = '', , duration = ''] = line.split(',');
        if (seen.has(span) || BigInt(start) >= BigInt(UNTIL_MS) * 1_000_000n) return [];
        seen.add(span);
        const data = { pod: `"${pod}"`, operation: JSON.stringify(operation), duration };
        return [{ id: span, timeMs: Number(BigInt(start) / 1_000_000n), data }];
      });
    const text = { type: 'string', max_length: 256 };
    folded = foldAll(
      {
        pack: 'traces',
        title: 'Traces',
        events: {
          'trace.span': {
            subject: 'none',
            fields: { pod: { ...text, dimension: true }, operation: text, duration: { type: 'integer' } },
          },
        },
        metrics: {
          spans: {
            events: ['trace.span'],
            dimensions: ['pod'],
            measures: {
              operations: { measure: 'distinct', field: 'operation' },
              top: { measure: 'top_k', field: 'operation', counters: 50 },
              spread: { measure: 'variance', field: 'duration' },
              sizes: { measure: 'histogram', field: 'duration', bounds: BOUNDS },
              first_operation: { measure: 'first', field: 'operation' },
              last_duration: { measure: 'last', field: 'duration' },
            },
          },
        },
      },
      events,
    );
  }, 120_000);

  test('first, last and distinct are exact in every pod and over all', async () => {
    const by = (of: string, order: string): string => `arg_${order}(${of}, {'ms': epoch_ms(instant), 'id': span})`;
    await expectGroups(
      folded,
      ['first_operation', 'last_duration', 'operations'],
      `SELECT pod, ${by('operation', 'min')}, CAST(${by('duration', 'max')} AS VARCHAR), count(DISTINCT operation)::INT
       FROM spans GROUP BY ROLLUP (pod)`,
    );
  });

  test('the most frequent operations have true counts within their bounds, and none is missing', async () => {
    await expectTop(folded, 50, 'SELECT operation, count(*)::INT FROM spans GROUP BY 1');
  });

  test('variances and histogram of durations', async () => {
    await expectVariance(folded, `SELECT pod, ${variance('duration')}, var_samp(duration) FROM spans GROUP BY ROLLUP (pod)`);
    await expectBins(folded, 'duration', 'spans');
  });
});
