/** What a new source of a pack makes of the versions of its metrics (docs/design/metric-versions.md). */
import { answeredVersion } from './metric-versions.ts';
import type { EarlierDefinitions, PackRecord } from './parse.ts';
import type { PackSource } from './schema.ts';
import { eventsOf } from './metric-events.ts';
import { metricDefinition } from './metric-definition.ts';

export type PackVersionPlan = Pick<PackRecord, 'metrics' | 'making' | 'earlier' | 'history'>;

export interface PackVersionAsk {
  /** The pack as it stands; null: it is new to the tenant. */
  readonly previous: PackRecord | null;
  readonly source: PackSource;
  /** Greatest version that any pack of the tenant ever gave to a metric of this name. */
  readonly highest: Readonly<Record<string, number>>;
  /** Event types that any pack of the tenant has ever declared: of these there may be events already. */
  readonly declared: ReadonlySet<string>;
}

interface PlannedMetric {
  readonly name: string;
  readonly version: number;
  readonly isMaking: boolean;
  readonly historyFromS: number | undefined;
  /** Definitions of the metric that are folded on. */
  readonly earlier: readonly EarlierDefinitions[];
}

/**
 * | definition                               | version            | questions are answered from                          |
 * |------------------------------------------|--------------------|------------------------------------------------------|
 * | as it stands                             | stays              | what they were answered from                         |
 * | that of a version which is folded still  | that one           | that one, at once: a rollback                        |
 * | another, of types that may have events   | the next, making   | the version before it until the new one is whole     |
 * | another, of types that are new           | the next           | the new one, at once: there is nothing to make       |
 */
export function planPackVersion(ask: PackVersionAsk): PackVersionPlan {
  const planned = Object.keys(ask.source.metrics).map((name) => planMetric(ask, name));
  const metrics: Record<string, number> = { ...ask.previous?.metrics };
  const history: Record<string, number> = {};
  for (const { name, version, historyFromS } of planned) {
    metrics[name] = version;
    if (historyFromS !== undefined) history[name] = historyFromS;
  }
  return {
    metrics,
    history,
    making: planned.filter(({ isMaking }) => isMaking).map(({ name }) => name),
    earlier: joinBySource(planned.flatMap(({ earlier }) => earlier)),
  };
}

function planMetric(ask: PackVersionAsk, name: string): PlannedMetric {
  const { previous, source } = ask;
  const definition = metricDefinition(source, name);
  if (previous === null) return newVersion(ask, name, null);
  const kept = earlierOf(previous, name);
  const newest = previous.metrics[name];
  if (newest !== undefined && metricDefinition(previous.source, name) === definition) {
    return { name, version: newest, isMaking: previous.making.includes(name), historyFromS: previous.history[name], earlier: kept };
  }
  const answered = answeredDefinitions(previous, name);
  const back = kept.find((one) => metricDefinition(one.source, name) === definition);
  if (back === undefined) return newVersion(ask, name, answered);
  const version = back.metrics[name] ?? 1;
  const earlier = answered === null || answered.metrics[name] === version ? [] : [answered];
  return { name, version, isMaking: false, historyFromS: back.history[name], earlier };
}

function newVersion(
  { previous, source, highest, declared }: PackVersionAsk,
  name: string,
  answered: EarlierDefinitions | null,
): PlannedMetric {
  const isMaking = eventsOfNamed(source, name).some((type) => declared.has(type));
  const version = Math.max(previous?.metrics[name] ?? 0, highest[name] ?? 0) + 1;
  return { name, version, isMaking, historyFromS: undefined, earlier: isMaking && answered !== null ? [answered] : [] };
}

function eventsOfNamed(source: PackSource, name: string): readonly string[] {
  const metric = source.metrics[name];
  return metric === undefined ? [] : eventsOf(source, metric);
}

/** The definition that questions about the metric are answered from; null: there is none. */
function answeredDefinitions(record: PackRecord, name: string): EarlierDefinitions | null {
  const version = answeredVersion(record, name);
  if (version === null) return null;
  return (
    earlierOf(record, name).find(({ metrics }) => metrics[name] === version) ??
    only({ version: record.version, source: record.source, metrics: record.metrics, history: record.history }, name)
  );
}

function earlierOf({ earlier }: PackRecord, name: string): readonly EarlierDefinitions[] {
  return earlier.filter(({ metrics }) => metrics[name] !== undefined).map((one) => only(one, name));
}

function only({ version, source, metrics, history }: EarlierDefinitions, name: string): EarlierDefinitions {
  const historyFromS = history[name];
  return { version, source, metrics: { [name]: metrics[name] ?? 1 }, history: historyFromS === undefined ? {} : { [name]: historyFromS } };
}

function joinBySource(all: readonly EarlierDefinitions[]): readonly EarlierDefinitions[] {
  const joined = new Map<number, EarlierDefinitions>();
  for (const one of all) {
    const known = joined.get(one.version);
    const metrics = { ...known?.metrics, ...one.metrics };
    joined.set(one.version, { ...one, metrics, history: { ...known?.history, ...one.history } });
  }
  return [...joined.values()];
}
