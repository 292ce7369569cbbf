import { failed, ok } from '../fault/fault.ts';
import type { Result } from '../fault/fault.ts';
import type { CompiledMeasure, CompiledMetric, FieldType, MeasureKind } from '../pack/compiled.ts';
import { findMeasure } from '../rollup/state.ts';
import { SKETCH_RELATIVE_ERROR } from '../sketch/ddsketch.ts';
import { HYPERLOGLOG_STANDARD_ERROR } from '../sketch/hyperloglog.ts';
import type { AnswerColumn, AskedMeasure } from './shape.ts';

/** What a question without `measures` gets of a measure that has several figures. */
const USUAL_PARTS: Readonly<Partial<Record<MeasureKind, readonly string[]>>> = { quantile: ['p50', 'p95', 'p99'], variance: ['stddev'] };

/**
 * Names to measures: `edits`, `size.p95`, `size.stddev`, and `p95` or `stddev` alone where the metric has one such measure.
 * Without names all measures, quantiles at p50, p95 and p99, variances as the sample's standard deviation.
 */
export function planMeasures(metric: CompiledMetric, names: readonly string[] | undefined): Result<readonly AskedMeasure[]> {
  return planNames(metric, names ?? usualNames(metric));
}

/**
 * The same where groups of few persons are withheld: no measure that shows what one person did, however many are in the group. Without
 * names all others.
 */
export function planGroupMeasures(metric: CompiledMetric, names: readonly string[] | undefined): Result<readonly AskedMeasure[]> {
  const planned = planMeasures(metric, names);
  if (!planned.ok) return planned;
  const personal = planned.value.findIndex((one) => !isOfGroup(one));
  if (personal < 0) return planned;
  if (names === undefined) return ok(planned.value.filter(isOfGroup));
  const message = 'shows values of single persons, which a question that withholds small groups does not';
  return failed({ code: 'groups_unprotected', path: `measures.${personal}`, message });
}

const OF_GROUPS: ReadonlySet<MeasureKind> = new Set<MeasureKind>(['count', 'sum', 'avg', 'distinct', 'variance']);
/** Nearer to an end a quantile is the value of one or two. */
const QUANTILES_OF_GROUPS = { from: 0.05, to: 0.95 } as const;

function isOfGroup({ measure, probability }: AskedMeasure): boolean {
  if (measure.kind !== 'quantile') return OF_GROUPS.has(measure.kind);
  return probability !== undefined && probability >= QUANTILES_OF_GROUPS.from && probability <= QUANTILES_OF_GROUPS.to;
}

/** The measure that counts the persons of a cell, each exactly while they are few; null: the metric has none. */
export function personsMeasure({ measures }: CompiledMetric, k: number): AskedMeasure | null {
  // Beyond `exactTo` it is an estimate, which is never below that.
  const index = measures.findIndex(({ kind, field, exactTo = 0 }) => kind === 'distinct' && field === 'subject' && exactTo >= k);
  const measure = measures[index];
  return measure === undefined ? null : { name: measure.name, measure, index };
}

function planNames(metric: CompiledMetric, names: readonly string[]): Result<readonly AskedMeasure[]> {
  const asked: AskedMeasure[] = [];
  for (const [at, name] of names.entries()) {
    const found = byName(metric, name);
    if (found === null) {
      return failed({
        code: 'measure_unknown',
        path: `measures.${at}`,
        message: 'the metric has no such measure; quantiles are asked as name.p95, variances as name.stddev',
      });
    }
    asked.push(found);
  }
  return ok(asked);
}

/** Names of all measures as a question without `measures` gets them, in the order of the metric. */
export function usualNames(metric: CompiledMetric): string[] {
  return metric.measures.flatMap(({ name, kind }) => USUAL_PARTS[kind]?.map((part) => `${name}.${part}`) ?? [name]);
}

function byName(metric: CompiledMetric, name: string): AskedMeasure | null {
  const place = findMeasure(metric.measures, name);
  const measure = metric.measures[place?.index ?? -1];
  if (place === null || measure === undefined) return null;
  const { probability } = place;
  if (probability !== undefined && (probability <= 0 || probability >= 1)) return null;
  return { name, measure, ...place };
}

/** Type and unit of the column that the measure fills. */
export function measureColumn({ name, measure, figure }: AskedMeasure): AnswerColumn {
  const { unit } = measure;
  const isSquare = figure === 'variance' || figure === 'variance_pop';
  if (figure === 'count') return { name, type: 'integer' };
  return { name, type: typeOf(measure), ...(unit === undefined ? {} : { unit: isSquare ? `${unit}^2` : unit }) };
}

function typeOf({ kind, valueType = 'string' }: CompiledMeasure): AnswerColumn['type'] {
  if (kind === 'count' || kind === 'distinct') return 'integer';
  if (kind === 'top_k' || kind === 'histogram') return kind;
  return kind === 'first' || kind === 'last' ? columnType(valueType) : 'number';
}

/** The type of a column that shows values of a field. */
export function columnType(type: FieldType): AnswerColumn['type'] {
  if (type === 'integer' || type === 'boolean') return type;
  if (type === 'decimal' || type === 'number') return 'number';
  return type === 'timestamp' ? 'time' : 'string';
}

/** For `meta.approximate`: by column, how far a figure that is not exact may be off. */
export function approximations(measures: readonly AskedMeasure[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    measures.flatMap(({ name, measure }) => {
      const bound = boundOf(measure);
      return bound === null ? [] : [[name, bound]];
    }),
  );
}

function boundOf({ kind, exactTo = 0, counters = 0 }: CompiledMeasure): string | null {
  if (kind === 'quantile') return `relative error <= ${SKETCH_RELATIVE_ERROR}`;
  if (kind === 'distinct') return `exact up to ${exactTo}, then standard error <= ${ROUNDED_STANDARD_ERROR}`;
  if (kind === 'top_k') return `true count between count - error and count; error <= values / ${counters + 1}`;
  return null;
}

/** Rounded up: it is a bound. */
const ROUNDED_STANDARD_ERROR = Math.ceil(HYPERLOGLOG_STANDARD_ERROR * 10_000) / 10_000;
