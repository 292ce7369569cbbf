import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import type { MetricName, MetricSpec } from './catalogue.ts';
import { METRICS } from './catalogue.ts';
import { toFamilies } from './metric-family.ts';
import type { MetricFamily } from './metric-family.ts';

type Catalogue = typeof METRICS;
type NameOf<K extends MetricSpec['kind']> = { [N in MetricName]: Catalogue[N]['kind'] extends K ? N : never }[MetricName];
/** Exactly the labels that the catalogue declares for the metric. */
export type LabelsOf<N extends MetricName> = Readonly<Record<Catalogue[N]['labels'][number], string>>;

export interface CounterHandle {
  inc(by?: number): void;
}
export interface GaugeHandle {
  set(value: number): void;
  inc(by?: number): void;
  dec(by?: number): void;
}
export interface HistogramHandle {
  observe(value: number): void;
}

/** Names of histograms without labels. */
type TallyName = { [N in NameOf<'histogram'>]: Catalogue[N]['labels']['length'] extends 0 ? N : never }[NameOf<'histogram'>];

export interface Tally {
  /** By bucket of the catalogue, and one more for what is beyond the last. */
  readonly counts: readonly number[];
  readonly sum: number;
}

type LabelArguments<N extends MetricName> = Catalogue[N]['labels']['length'] extends 0 ? [] : [labels: LabelsOf<N>];

/**
 * The metrics of one service. A name outside the catalogue or a label that it does not declare does not compile.
 * A handle is one series: on a hot path take it once and keep it.
 */
export interface Metrics {
  /** Whose they are. */
  readonly service: string;
  counter<N extends NameOf<'counter'>>(name: N, ...labels: LabelArguments<N>): CounterHandle;
  gauge<N extends NameOf<'gauge'>>(name: N, ...labels: LabelArguments<N>): GaugeHandle;
  histogram<N extends NameOf<'histogram'>>(name: N, ...labels: LabelArguments<N>): HistogramHandle;
  /** A histogram that is counted elsewhere, event by event on a hot path: read when it is scraped. */
  tally(name: TallyName, read: () => Tally): void;
  /** Called before each scrape, to set gauges that nobody keeps up to date. */
  onScrape(read: () => void | Promise<void>): void;
  /** What `expose` writes, as values. */
  read(): Promise<readonly MetricFamily[]>;
  /** The Prometheus text format. */
  expose(): Promise<string>;
  readonly contentType: string;
}

/** Makes the metrics of `service` in a registry of its own; `withProcess` adds CPU, memory, event loop and GC of the process. */
export function createMetrics(service: string, options: { readonly withProcess?: boolean } = {}): Metrics {
  const registry = new Registry();
  registry.setDefaultLabels({ service });
  if (options.withProcess === true) collectDefaultMetrics({ register: registry });
  const made = new Map<string, Counter | Gauge | Histogram>();
  const readers: (() => void | Promise<void>)[] = [];
  const tallies: { readonly name: TallyName; readonly read: () => Tally }[] = [];

  // One collector per name, made at its first use: a service exposes only what it has.
  function collector<C extends Counter | Gauge | Histogram>(name: MetricName, kind: new (options: CollectorOptions) => C): C {
    const known = made.get(name);
    if (known instanceof kind) return known;
    const spec: MetricSpec = METRICS[name];
    const buckets = spec.buckets === undefined ? {} : { buckets: [...spec.buckets] };
    const fresh = new kind({ name, help: spec.help, labelNames: [...spec.labels], registers: [registry], ...buckets });
    made.set(name, fresh);
    return fresh;
  }

  return {
    service,
    counter: (name, ...labels) => bind(collector(name, Counter), labels),
    gauge: (name, ...labels) => bind(collector(name, Gauge), labels),
    histogram: (name, ...labels) => bind(collector(name, Histogram), labels),
    tally: (name, read) => void tallies.push({ name, read }),
    onScrape: (read) => void readers.push(read),
    async read() {
      await Promise.all(readers.map(async (read) => read()));
      const counted = tallies.map(({ name, read }) => tallyFamily({ name, service }, read()));
      return [...toFamilies(await registry.getMetricsAsJSON()), ...counted];
    },
    async expose() {
      await Promise.all(readers.map(async (read) => read()));
      const text = await registry.metrics();
      return text + tallies.map(({ name, read }) => tallyText({ name, service }, read())).join('');
    },
    contentType: registry.contentType,
  };
}

interface CollectorOptions {
  readonly name: string;
  readonly help: string;
  readonly labelNames: string[];
  readonly registers: Registry[];
  readonly buckets?: number[];
}

function tallyFamily({ name, service }: { readonly name: TallyName; readonly service: string }, { counts, sum }: Tally): MetricFamily {
  const { help, buckets }: MetricSpec = METRICS[name];
  const count = counts.reduce((events, more) => events + more, 0);
  return { name, help, kind: 'histogram', series: [{ labels: { service }, bounds: buckets ?? [], counts, sum, count }] };
}

/** The text of a histogram whose events are counted elsewhere: prom-client takes them one by one only. */
function tallyText({ name, service }: { readonly name: TallyName; readonly service: string }, { counts, sum }: Tally): string {
  const spec: MetricSpec = METRICS[name];
  let events = 0;
  const buckets = [...(spec.buckets ?? []), '+Inf'].map((le, at) => {
    events += counts[at] ?? 0;
    return `${name}_bucket{le="${le}",service="${service}"} ${events}`;
  });
  const totals = [`${name}_sum{service="${service}"} ${sum}`, `${name}_count{service="${service}"} ${events}`];
  return ['', `# HELP ${name} ${spec.help}`, `# TYPE ${name} histogram`, ...buckets, ...totals, ''].join('\n');
}

function bind<H>(collector: { labels(labels: Record<string, string>): H }, labels: readonly Readonly<Record<string, string>>[]): H {
  return collector.labels({ ...labels[0] });
}
