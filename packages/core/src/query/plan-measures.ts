import { failed, ok } from '../fault/fault.ts';
import type { Result } from '../fault/fault.ts';
import type { CompiledMetric } from '../pack/compiled.ts';
import { findMeasure } from '../rollup/state.ts';
import type { AskedMeasure } from './shape.ts';

/** Quantiles that a question without `measures` gets. */
const USUAL_QUANTILES = ['p50', 'p95', 'p99'];

/**
 * Names to measures: `edits`, `size.p95`, and `p95` alone where the metric has one quantile. Without names all measures,
 * quantiles at p50, p95 and p99.
 */
export function planMeasures(metric: CompiledMetric, names: readonly string[] | undefined): Result<readonly AskedMeasure[]> {
  const asked: AskedMeasure[] = [];
  for (const [at, name] of (names ?? usualNames(metric)).entries()) {
    const found = byName(metric, name);
    if (found === null) {
      return failed({
        code: 'measure_unknown',
        path: `measures.${at}`,
        message: 'the metric has no such measure; quantiles are asked as name.p95',
      });
    }
    asked.push(found);
  }
  return ok(asked);
}

/** Names of all measures as a question without `measures` gets them, in the order of the metric. */
export function usualNames(metric: CompiledMetric): string[] {
  return metric.measures.flatMap(({ name, kind }) => (kind === 'quantile' ? USUAL_QUANTILES.map((one) => `${name}.${one}`) : [name]));
}

function byName(metric: CompiledMetric, name: string): AskedMeasure | null {
  const place = findMeasure(metric.measures, name);
  const measure = metric.measures[place?.index ?? -1];
  if (place === null || measure === undefined) return null;
  const { index, probability } = place;
  if (probability === undefined) return { name, measure, index };
  return probability > 0 && probability < 1 ? { name, measure, index, probability } : null;
}
