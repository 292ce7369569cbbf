import type { Registry } from 'prom-client';

type Labels = Readonly<Record<string, string>>;

export interface NumberSeries {
  readonly labels: Labels;
  readonly value: number;
}

export interface HistogramSeries {
  readonly labels: Labels;
  /** Upper bounds of the buckets, which belong to them; one more bucket is for what is beyond the last. */
  readonly bounds: readonly number[];
  /** By bucket, not summed up. */
  readonly counts: readonly number[];
  readonly sum: number;
  readonly count: number;
}

interface Named {
  readonly name: string;
  readonly help: string;
}

/** A metric with all of its series. */
export type MetricFamily =
  | (Named & { readonly kind: 'counter' | 'gauge'; readonly series: readonly NumberSeries[] })
  | (Named & { readonly kind: 'histogram'; readonly series: readonly HistogramSeries[] });

type Collected = Awaited<ReturnType<Registry['getMetricsAsJSON']>>[number];
type CollectedValue = Collected['values'][number] & { readonly metricName?: string };

/** Families out of the registry's own form, in which each bucket of a histogram is a value beside the others. */
export function toFamilies(collected: readonly Collected[]): readonly MetricFamily[] {
  return collected.map(({ name, help, type, values }): MetricFamily => {
    // The library's types call them numbers; at runtime they are the words of its documentation.
    const kind = String(type);
    if (kind === 'histogram') return { name, help, kind, series: toHistograms(name, values) };
    const series = values.map(({ labels, value }) => ({ labels: textLabels(labels), value }));
    return { name, help, kind: kind === 'counter' ? 'counter' : 'gauge', series };
  });
}

function toHistograms(name: string, values: readonly CollectedValue[]): readonly HistogramSeries[] {
  // Buckets have a label more than the sum and the count of their series.
  const groups = Map.groupBy(values, ({ labels: { le: _le, ...labels } }) => JSON.stringify(textLabels(labels)));
  return [...groups.values()].map((group) => {
    const of = (ending: string): readonly CollectedValue[] => group.filter(({ metricName }) => metricName === `${name}_${ending}`);
    const buckets = of('bucket');
    const upTo = buckets.map(({ value }) => value);
    const { le: _le, ...labels } = textLabels(group[0]?.labels ?? {});
    return {
      labels,
      bounds: buckets.map((bucket) => Number(bucket.labels['le'])).filter(Number.isFinite),
      counts: upTo.map((count, at) => count - (upTo[at - 1] ?? 0)),
      sum: of('sum')[0]?.value ?? 0,
      count: of('count')[0]?.value ?? 0,
    };
  });
}

function textLabels(labels: Readonly<Partial<Record<string, string | number>>>): Labels {
  return Object.fromEntries(Object.entries(labels).map(([name, value]) => [name, String(value)]));
}
