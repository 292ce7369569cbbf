/** The language of packs: CEL with arithmetic over mixed numbers and null, and the functions of packs. Nothing else can be called. */
import { Environment } from '@marcbachmann/cel-js';
import * as lists from './list-functions.ts';
import * as numbers from './number-functions.ts';
import * as statistics from './statistics-functions.ts';
import * as times from './time-functions.ts';
import { counted } from './work.ts';

/** Written by `instrument` around what walks or grows a list or a text. No pack can call a name that ends with `_`. */
export const COUNTED = 'counted_';

/** By signature without types: every argument may be anything, and a wrong one is a fault of the evaluation. */
const FUNCTIONS: Readonly<Record<string, (...args: never[]) => unknown>> = {
  'round(x, digits)': numbers.round,
  'quotient(a, b)': numbers.quotient,
  'percent(part, whole)': numbers.percent,
  'number(x)': numbers.numberOf,
  'abs(x)': numbers.ofNumber(Math.abs),
  'floor(x)': numbers.ofNumber(Math.floor),
  'ceil(x)': numbers.ofNumber(Math.ceil),
  'sqrt(x)': numbers.ofNumber(Math.sqrt),
  'exp(x)': numbers.ofNumber(Math.exp),
  'clamp(x, low, high)': numbers.clamp,
  'sum(list)': numbers.sum,
  'avg(list)': numbers.avg,
  'min(list)': numbers.least,
  'max(list)': numbers.greatest,
  'median(list)': numbers.median,
  'percentile(list, q)': numbers.percentile,
  'stddev(list)': numbers.stddev,
  'welch(a, b)': statistics.welchTest,
  'cohens_d(a, b)': statistics.effect,
  'wilson(successes, trials)': statistics.shareInterval,
  'correlations(inputs, output, lag)': statistics.correlations,
  'running_sum(list)': lists.runningSum,
  'rolling_sum(list, count)': lists.rollingSum,
  'rolling_avg(list, count)': lists.rollingAvg,
  'carried(list, count)': lists.carried,
  'halves(list, member)': lists.halves,
  'fit_line(x, y)': numbers.line,
  'sort_by(list, members)': lists.sortBy,
  'group_by(list, member)': lists.groupBy,
  'key_by(list, member)': lists.keyBy,
  'take(list, count)': lists.take,
  'skip(list, count)': lists.skip,
  'tail(list, count)': lists.tail,
  'first(list)': lists.first,
  'last(list)': lists.last,
  'ranked(list)': lists.ranked,
  'flatten(lists)': lists.flatten,
  'distinct(list)': lists.distinct,
  'compact(list)': lists.compact,
  'range(count)': lists.range,
  'merge(a, b)': lists.merge,
  'get(row, member)': lists.memberOf,
  'coalesce(x, otherwise)': lists.coalesce,
  'withhold(list, member, least)': lists.withhold,
  'local_date(instant, zone)': times.localDate,
  'local_hour(instant, zone)': times.localHour,
  'in_zone(instant, zone)': times.inZone,
  'start_of_day(date, zone)': times.startOfDay,
  'date_of(year, month, day)': times.dateOf,
  'date_add(date, days)': times.dateAdd,
  'instant_add(instant, seconds)': times.instantAdd,
  'days_between(from, to)': times.daysBetween,
  'seconds_between(from, to)': times.secondsBetween,
  'years_between(from, to)': times.yearsBetween,
  'weekday(date)': times.weekday,
  'year_of(date)': times.yearOf,
  'start_of(date, unit)': times.startOf,
  'units_after(date, unit, count)': times.unitsAfter,
  'dates(from, to)': times.dates,
  'streaks(list, today)': times.streaks,
};

const MIXED = {
  '+': (a: number, b: number) => a + b,
  '-': (a: number, b: number) => a - b,
  '*': (a: number, b: number) => a * b,
  '/': (a: number, b: number) => a / b,
  '%': (a: number, b: number) => a % b,
};
const ARITHMETIC_WITH_NULL = ['+', '-', '*', '/', '%'];
const COMPARISONS = ['<', '<=', '>', '>='];

/** Of a text that an author wrote, not of one that callers send. */
const LIMITS = { maxAstNodes: 2_000, maxDepth: 60, maxListElements: 500, maxMapEntries: 200, maxCallArguments: 8 };

/** Made at its first use: most processes evaluate nothing. */
let base: Environment | null = null;

/** In which exactly these variables are known. */
export function environmentOf(names: readonly string[]): Environment {
  base ??= createBase();
  const environment = base.clone();
  for (const name of new Set(names)) environment.registerVariable(name, 'dyn');
  return environment;
}

function createBase(): Environment {
  const made = new Environment({ homogeneousAggregateLiterals: false, enableOptionalTypes: true, limits: LIMITS });
  made.registerFunction(`${COUNTED}(dyn): dyn`, counted);
  for (const [signature, apply] of Object.entries(FUNCTIONS)) {
    made.registerFunction(`${signature.replaceAll(/[a-z]+(?=[,)])/g, 'dyn')}: dyn`, apply);
  }
  for (const [operator, apply] of Object.entries(MIXED)) {
    made.registerOperator(`int ${operator} double: double`, (a: bigint, b: number) => apply(Number(a), b));
    made.registerOperator(`double ${operator} int: double`, (a: number, b: bigint) => apply(a, Number(b)));
  }
  made.registerOperator('double % double: double', (a: number, b: number) => a % b);
  for (const operator of ARITHMETIC_WITH_NULL)
    addWithNull(
      made,
      (left, right) => `${left} ${operator} ${right}: null`,
      () => null,
    );
  for (const operator of COMPARISONS)
    addWithNull(
      made,
      (left, right) => `${left} ${operator} ${right}: bool`,
      () => false,
    );
  return made;
}

const PAIRS_WITH_NULL = ['int', 'double', 'string'].flatMap((type) => [['null', type] as const, [type, 'null'] as const]);

function addWithNull(made: Environment, signature: (left: string, right: string) => string, apply: () => unknown): void {
  for (const [left, right] of [...PAIRS_WITH_NULL, ['null', 'null'] as const]) made.registerOperator(signature(left, right), apply);
}
