/** The versions of a pack's metrics: which are folded, which are being made, and from which questions are answered. */
import { compilePack } from './compile.ts';
import type { CompiledMetric, CompiledPack } from './compiled.ts';
import type { EarlierDefinitions, PackRecord } from './parse.ts';

export interface MetricVersion {
  readonly tenant: string;
  readonly metric: string;
  readonly version: number;
}

/** The same for two metric versions exactly when they are one. */
export function versionName({ tenant, metric, version }: MetricVersion): string {
  return `${tenant} ${metric} ${version}`;
}

export interface CompiledVersions {
  /** Its metrics are the newest versions. */
  readonly pack: CompiledPack;
  /** Every owner folds them. */
  readonly folded: readonly CompiledMetric[];
  /** Owners fold them from where they have adopted them; what came before is folded from raw events. */
  readonly making: readonly CompiledMetric[];
  /** What questions are answered from, by the metric's name; a metric without an entry has no whole version yet. */
  readonly answered: ReadonlyMap<string, CompiledMetric>;
}

export function compileVersions(tenant: string, record: PackRecord): CompiledVersions {
  const pack = withHistory(compilePack({ tenant, version: record.version, metricVersions: record.metrics, pack: record.source }), record);
  const newest = [...pack.metrics.values()];
  const isMaking = ({ metric }: CompiledMetric): boolean => record.making.includes(metric);
  const earlier = record.earlier.flatMap((definitions) => compileEarlier(tenant, definitions));
  const answered = new Map<string, CompiledMetric>();
  for (const metric of newest) {
    const found = isMaking(metric) ? earlier.find((one) => one.metric === metric.metric) : metric;
    if (found !== undefined) answered.set(metric.metric, found);
  }
  return { pack, folded: [...newest.filter((metric) => !isMaking(metric)), ...earlier], making: newest.filter(isMaking), answered };
}

/** The version that questions are answered from; null: none yet. */
export function answeredVersion(record: PackRecord, metric: string): number | null {
  if (!record.making.includes(metric)) return record.source.metrics[metric] === undefined ? null : (record.metrics[metric] ?? null);
  return record.earlier.find(({ metrics }) => metrics[metric] !== undefined)?.metrics[metric] ?? null;
}

function compileEarlier(tenant: string, { version, source, metrics, history }: EarlierDefinitions): CompiledMetric[] {
  const pack = withHistory(compilePack({ tenant, version, metricVersions: metrics, pack: source }), { history });
  return Object.keys(metrics).flatMap((name) => pack.metrics.get(name) ?? []);
}

function withHistory(pack: CompiledPack, { history }: Pick<PackRecord, 'history'>): CompiledPack {
  const metrics = [...pack.metrics].map(([name, metric]): [string, CompiledMetric] => {
    const historyFromS = history[name];
    return [name, historyFromS === undefined ? metric : { ...metric, historyFromS }];
  });
  return { ...pack, metrics: new Map(metrics) };
}
