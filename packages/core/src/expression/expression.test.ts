import { describe, expect, it } from 'vitest';
import { createCompile } from './expression.ts';
import { compileTemplate } from './template.ts';
import { toJson } from './to-json.ts';
import { evaluateWith, WORK_MAX } from './work.ts';

const rows = [
  { day: '2026-11-01', type: 'steps', value: 3_000, note: null },
  { day: '2026-11-02', type: 'steps', value: 5_000.5, note: 'late' },
  { day: '2026-11-02', type: 'sleep', value: null, note: null },
];
const values = { rows, params: { days: 7, user: 'u-1', status: null }, big: 9_007_199_254_740_993n };
const compile = createCompile(Object.keys(values));

function evaluate(text: string, left = WORK_MAX): unknown {
  const compiled = compile(text);
  if (!compiled.ok) throw new Error(compiled.fault);
  const result = compiled.value.evaluate(values, { left });
  if (!result.ok) throw new Error(`${result.fault.kind}: ${result.fault.message}`);
  return evaluateWith({ left: WORK_MAX }, () => toJson(result.value));
}

/** The output is twice what the first input was two places before; the second input never changes, the third is seldom there. */
const STEPS = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7];
const LAGGED = `correlations([
  {'name': 'steps', 'min_lag': 0, 'values': [${STEPS.join(', ')}]},
  {'name': 'same', 'min_lag': 1, 'values': [${STEPS.map(() => 7).join(', ')}]},
  {'name': 'rare', 'min_lag': 0, 'values': [1, 2, null, null, null, null, null, null, null, null, null, null, null, 3]}],
  [${STEPS.map((_, at) => (at < 2 ? 'null' : String(2 * (STEPS[at - 2] ?? 0)))).join(', ')}], 3)`;

describe('an expression', () => {
  it.each([
    // 3000 + 5000.5 = 8000.5, of two values.
    ['sum(rows.map(r, r.value))', 8_000.5],
    ['avg(rows.map(r, r.value))', 4_000.25],
    ['min(rows.map(r, r.value))', 3_000],
    ['max(rows.map(r, r.day))', '2026-11-02'],
    ['median([1, 2, 3, 10])', 2.5],
    ['percentile([10, 20, 30, 40], 0.25)', 17.5],
    // mean 5, squares 9+1+1+1+0+0+4+16 = 32, 32/7 = 4.571…, root 2.138…
    ['round(stddev([2, 4, 4, 4, 5, 5, 7, 9]), 4)', 2.1381],
    ['sum([0.1, 0.2])', 0.3],
    ['running_sum([1, 2, 3])', [1, 3, 6]],
    ['rolling_sum([1, null, 3, 4], 2)', [1, 1, 3, 7]],
    ['rolling_sum([null, 2], 1)', [null, 2]],
    // Of three at most: 1, (1 + 3) / 2, (1 + 3) / 2, (3 + 8) / 2.
    ['rolling_avg([1, 3, null, 8], 3)', [1, 2, 2, 5.5]],
    ['carried([null, 1, null, null, 5], 1)', [null, 1, 1, null, 5]],
    // Middles at 0.5, 2 and 4.5 of 6: that of the second is before the half of 3. Of two equal parts each has its side.
    ["halves([{'s': 1}, {'s': 2}, {'s': 3}], 's').map(h, h.map(r, r.s))", [[1, 2], [3]]],
    // The middle of the second lies at the half, and so in the second half.
    ["halves([{'s': 1}, {'s': 2}, {'s': 1}], 's').map(h, h.map(r, r.s))", [[1], [2, 1]]],
    ["halves([], 's')", [[], []]],
    // 12 pairs at lag 2, all on the line of slope 2; p and so q are 0.
    [
      `${LAGGED}.filter(c, c.skipped == null).map(c, [c.name, c.lag, c.n, c.r, c.slope, c.q, c.direction, c.strength, c.significant])`,
      [['steps', 2, 12, 1, 2, 0, 'positive', 'strong', true]],
    ],
    [
      `${LAGGED}.filter(c, c.skipped != null).map(c, [c.name, c.skipped])`,
      [
        ['rare', 'too_few'],
        ['same', 'constant'],
      ],
    ],
    // Means 2 and 5, variances 1 and 7: t = -3 / √(1/3 + 7/3) = -1.8371; df = (8/3)² / ((1/9 + 49/9) / 2) = 2.56; d = -3 / 2.
    ['round(welch([1, 2, 3], [2, 6, 7]).t, 4)', -1.8371],
    ['round(welch([1, 2, 3], [2, 6, 7]).df, 4)', 2.56],
    ['cohens_d([1, 2, 3], [2, 6, 7])', -1.5],
    ['welch([1], [2, 3])', null],
    // Half of ten, by Wilson: (0.5 + 3.841459 / 20 ± 1.959964 · √(0.025 + 3.841459 / 400)) / 1.3841459.
    ['wilson(5, 10).map(x, round(x, 4))', [0.2366, 0.7634]],
    ['wilson(0, 0)', null],
    [
      "group_by(rows, 'type').map(g, {'t': g.key, 'n': size(g.rows)})",
      [
        { t: 'steps', n: 2 },
        { t: 'sleep', n: 1 },
      ],
    ],
    ["sort_by(rows, ['-value']).map(r, r.value)", [5_000.5, 3_000, null]],
    ["sort_by(rows, ['type', '-day']).map(r, r.day)", ['2026-11-02', '2026-11-02', '2026-11-01']],
    ["key_by(rows, 'type').steps.value", 5_000.5],
    ["key_by(rows, 'type')[?'water'].orValue(null)", null],
    ["ranked(take(sort_by(rows, '-value'), 1)).map(r, [r.rank, r.value])", [[1, 5_000.5]]],
    ["get(rows[0], 'nothing')", null],
    ["[get({'a': 2}, 'a'), get({'a': 2}, 'b')]", [2, null]],
    ["merge({'a': 1}, {'b': 2})", { a: 1, b: 2 }],
    ['flatten([[1], [2, 3]])', [1, 2, 3]],
    ['distinct(rows.map(r, r.type))', ['steps', 'sleep']],
    ['compact(rows.map(r, r.note))', ['late']],
    ['range(3)', [0, 1, 2]],
    // 1, 3, 4, 8 over 0, 1, 2, 3: means 1.5 and 4, slope 11 / 5, residuals 0.3, 0.1, -1.1, 0.7.
    ['round(fit_line(range(4), [1, 3, 4, 8]).slope, 6)', 2.2],
    ['round(fit_line(range(4), [1, 3, 4, 8]).sse, 6)', 1.8],
    ['fit_line([1, null, 2], [5, 1, null])', null],
    ["streaks(['2026-11-03', '2026-10-31', '2026-11-01', '2026-11-01'], '2026-11-04')", { current: 1, longest: 2 }],
    ["streaks([], '2026-11-04').current", 0],
    ['coalesce(first([]), last([1, 2]))', 2],
    // Of 1 and 2 persons three are withheld between them; of 1 alone it is the least of the others that goes with it.
    ["withhold([{'n': 1}, {'n': 2}, {'n': 9}], 'n', 3).map(r, r.n)", [null, null, 9]],
    ["withhold([{'n': 7}, {'n': 1}, {'n': 4}], 'n', 3).map(r, r.n)", [7, null, null]],
    [
      "withhold([{'k': 'a', 'n': 1}, {'k': 'b', 'n': 0}], 'n', 2)",
      [
        { k: 'a', n: null, suppressed: true },
        { k: 'b', n: 0 },
      ],
    ],
    ["withhold([{'n': 1}, {'n': 2}], 'n', 1)", [{ n: 1 }, { n: 2 }]],
    // Equally small ones go by what they are, whatever their order.
    ["withhold([{'k': 'b', 'n': 4}, {'k': 'a', 'n': 4}, {'k': 'c', 'n': 1}], 'n', 2).map(r, r.n)", [4, null, null]],
  ])('works lists out: %s', (text, expected) => {
    expect(evaluate(text)).toEqual(expected);
  });

  it.each([
    // Half away from zero by the digits that are seen, both signs; Postgres: round(2.675::numeric, 2) = 2.68.
    ['round(2.675, 2)', 2.68],
    ['round(-2.675, 2)', -2.68],
    ['round(0.5, 0)', 1],
    ['round(-0.5, 0)', -1],
    ['round(2.4449, 2)', 2.44],
    ['round(1.0e-50, 4)', 0],
    ['round(null, 2)', null],
    ['round(percent(2, 3), 2)', 66.67],
    ['percent(1, 0)', null],
    ['quotient(null, 4)', null],
    ['quotient(7, 2)', 3.5],
    ['clamp(120, 0, 100)', 100],
    ['abs(-3)', 3],
  ])('rounds and divides as the contract says: %s', (text, expected) => {
    expect(evaluate(text)).toBe(expected);
  });

  it.each([
    ['rows[0].value * 2 + 1', 6_001],
    ['100 * rows[0].value / size(rows)', 100_000],
    ['rows[2].value * 2', null],
    ['rows.filter(r, r.value > 4000).size()', 1],
    ['params.days in [7, 30]', true],
    ['params.status == null', true],
  ])('takes whole and other numbers, and null, together: %s', (text, expected) => {
    expect(evaluate(text)).toBe(expected);
  });

  it.each([
    // Oslo is at +02:00 until 25 October 2026, 01:00 UTC, and at +01:00 after it.
    ["local_date('2026-10-24T22:30:00.000Z', 'Europe/Oslo')", '2026-10-25'],
    ["local_hour('2026-10-25T00:30:00.000Z', 'Europe/Oslo')", 2],
    ["start_of_day('2026-10-26', 'Europe/Oslo')", '2026-10-25T23:00:00.000Z'],
    ["in_zone('2026-10-25T23:00:00.000Z', 'Europe/Oslo')", '2026-10-26T00:00:00.000+01:00'],
    ["date_add('2026-02-28', 1)", '2026-03-01'],
    ["days_between('2026-10-24', '2026-10-26')", 2],
    ["seconds_between('2026-10-24T00:00:00Z', '2026-10-24T00:01:30.500Z')", 90.5],
    ["years_between('1990-11-30', '2026-11-29')", 35],
    ["years_between('1990-11-29', '2026-11-29')", 36],
    // 2026-11-01 is a Sunday.
    ["weekday('2026-11-01')", 7],
    ["start_of('2026-11-01', 'week')", '2026-10-26'],
    ["units_after('2026-11-15', 'month', 2)", '2027-01-01'],
    ["dates('2026-10-31', '2026-11-02')", ['2026-10-31', '2026-11-01']],
  ])('knows dates and zones: %s', (text, expected) => {
    expect(evaluate(text)).toEqual(expected);
  });

  it('leaves what only passes through as it is', () => {
    expect(evaluate('big')).toBe('9007199254740993');
    expect(evaluate('big + 1')).toBe('9007199254740994');
    expect(evaluate("sum(['12345678901234567.89', 1])")).toBe('12345678901234568.89');
  });

  it.each([
    ['nope + 1', 'Unknown variable: nope'],
    ['rows[', 'is no expression that can be evaluated'],
    ['nope(1)', 'is no expression'],
    ["params.user.matches('a+')", 'matches'],
    ['counted_(rows)', 'counted_'],
    ['rows.map(params, 1)', 'params'],
  ])('is refused when it is compiled, and why is told: %s', (text, reason) => {
    const compiled = compile(text);
    expect(compiled.ok).toBe(false);
    expect(compiled.ok ? '' : compiled.fault).toContain(reason);
  });

  it.each(['params.constructor', "params['__proto__']", 'rows[0].toString', 'params.user.length'])(
    'reaches nothing that JavaScript adds: %s',
    (text) => {
      expect(() => evaluate(text)).toThrow('failed');
    },
  );

  it('names no value where it fails on its values', () => {
    expect(() => evaluate('params.user + 1')).toThrow(/^failed: (?!.*u-1)/);
    expect(() => evaluate("local_date(params.user, 'UTC')")).toThrow('failed: an instant is needed');
  });

  it('ends where it does too much, however the loops lie in each other', () => {
    const loops = 'range(100).map(a, range(100).map(b, range(100).map(c, a * b * c)))';
    expect(() => evaluate(loops)).toThrow('spent');
    expect(() => evaluate(`(range(100) + range(100)).exists(a, range(500).exists(b, range(500).exists(c, c < 0)))`)).toThrow('spent');
    const doubled = (depth: number): string => (depth === 0 ? 'x' : `cel.bind(x, x + x, ${doubled(depth - 1)})`);
    expect(() => evaluate(`cel.bind(x, 'aaaaaaaa', size(${doubled(25)}))`)).toThrow('spent');
  });
});

describe('a template', () => {
  const fill = (tree: unknown): unknown => {
    const compiled = compileTemplate(tree, compile);
    if (!compiled.ok) return compiled.fault;
    const filled = compiled.value.fill(values, { left: WORK_MAX });
    return filled.ok ? filled.value : filled.fault;
  };

  it('keeps the type of a text that is one expression, and writes others into the text', () => {
    expect(
      fill({ n: '${params.days}', text: 'last ${params.days} days of ${params.user}${params.status}', list: [1, '${rows[0].day}'] }),
    ).toEqual({
      n: 7,
      text: 'last 7 days of u-1',
      list: [1, '2026-11-01'],
    });
  });

  it('finds the end of an expression by its own braces and texts', () => {
    expect(fill(["${{'a': '}'}}", '$${x}', "${'{' + \"'\"}"])).toEqual([{ a: '}' }, '${x}', "{'"]);
  });

  it('tells every error with its place', () => {
    expect(fill({ a: { b: ['${nope}', '${rows'] } })).toMatchObject([{ path: 'a.b[0]' }, { path: 'a.b[1]' }]);
  });

  it('tells where it could not be filled', () => {
    expect(fill({ a: ['${rows[9].day}'] })).toMatchObject({ kind: 'failed', path: 'a[0]' });
  });
});
