import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import {
  compilePack,
  createCanonicalReader,
  createFolder,
  createState,
  decodeState,
  encodeState,
  foldPlansOf,
  mergeState,
  parsePack,
} from '@tidegate/core';
import type { CompiledMeasure, FoldedBatch, FoldPlan, RollupState } from '@tidegate/core';

/** An event as its record in the log has it, number members as their digits. */
export interface LoggedEvent {
  readonly id: string;
  readonly subject?: string;
  readonly timeMs: number;
  /** JSON text of each member. */
  readonly data: Readonly<Record<string, string>>;
}

export function linesOf(file: string): readonly string[] {
  return gunzipSync(readFileSync(file)).toString('utf8').trimEnd().split('\n');
}

const utf8 = new TextEncoder();
const PARTITIONS = 4;
const BATCH = 500;

export interface Folded {
  readonly measures: readonly CompiledMeasure[];
  /** By the one dimension of the metric. */
  readonly states: ReadonlyMap<string, RollupState>;
  readonly whole: RollupState;
}

/**
 * What the aggregator and the query service make of events, without the servers between them: records are read as bytes, folded in
 * batches of 500 in four partitions, each batch merged into stored bytes, cells merged over partitions and quarter hours.
 */
export function foldAll(source: unknown, events: readonly LoggedEvent[]): Folded {
  const parsed = parsePack(source);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.fault));
  const pack = compilePack({ tenant: 'acme', version: 1, metricVersions: {}, pack: parsed.value });
  const [metric] = [...pack.metrics.values()];
  const [type] = [...pack.eventTypes.keys()];
  if (metric === undefined || type === undefined) throw new Error('a pack of one event type and one metric');
  const { measures } = metric;
  const states = new Map<string, RollupState>();
  for (const { dimension, bytes } of cellsOf(events, { plans: foldPlansOf(pack.metrics.values()), type, measures })) {
    states.set(dimension, merge(measures, [states.get(dimension) ?? createState(measures), stored(bytes, measures)]));
  }
  return { measures, states, whole: merge(measures, [...states.values()]) };
}

interface Folding {
  readonly plans: ReadonlyMap<string, FoldPlan>;
  readonly type: string;
  readonly measures: readonly CompiledMeasure[];
}

interface Cell {
  readonly dimension: string;
  readonly bytes: Uint8Array;
}

/** The cells of all partitions as they are stored in the end. */
function cellsOf(events: readonly LoggedEvent[], folding: Folding): Iterable<Cell> {
  const { measures } = folding;
  const cells = new Map<string, Cell>();
  for (let partition = 0; partition < PARTITIONS; partition += 1) {
    const own = events.filter((_event, at) => at % PARTITIONS === partition);
    for (const { deltas, series } of batchesOf(own, folding)) {
      for (const { series: at, bucketS, state } of deltas) {
        const dimension = series[at]?.dims[0] ?? '';
        const key = `${partition} ${bucketS} ${dimension}`;
        cells.set(key, { dimension, bytes: encodeState(merge(measures, [stored(cells.get(key)?.bytes, measures), state])) });
      }
    }
  }
  return cells.values();
}

/** What the owner of one partition takes from its folder, flush by flush. */
function* batchesOf(events: readonly LoggedEvent[], { plans, type }: Folding): Generator<FoldedBatch> {
  const reader = createCanonicalReader();
  const folder = createFolder((_tenant, eventType) => plans.get(eventType) ?? null);
  for (let from = 0; from < events.length; from += BATCH) {
    for (const event of events.slice(from, from + BATCH)) {
      const bytes = utf8.encode(recordOf(event, type));
      if (!reader.read(bytes, 0, bytes.length)) throw new Error('no record of the log');
      folder.fold(reader, event.timeMs);
    }
    yield folder.take();
  }
}

function recordOf({ id, subject, timeMs, data }: LoggedEvent, type: string): string {
  const members = [
    ...['"specversion":"1.0"', `"id":${JSON.stringify(id)}`, '"source":"urn:tidegate:no-source"', `"type":"${type}"`],
    ...(subject === undefined ? [] : [`"subject":"${subject}"`]),
    ...[`"time":"${new Date(timeMs).toISOString()}"`, '"datacontenttype":"application/json"', '"tenant":"acme"', '"packversion":1'],
    `"data":{${Object.entries(data)
      .map(([name, value]) => `"${name}":${value}`)
      .join(',')}}`,
  ];
  return `{${members.join(',')}}`;
}

function stored(bytes: Uint8Array | undefined, measures: readonly CompiledMeasure[]): RollupState {
  const state = bytes === undefined ? createState(measures) : decodeState(bytes, measures);
  if (state === null) throw new Error('what was encoded is a state');
  return state;
}

function merge(measures: readonly CompiledMeasure[], states: readonly RollupState[]): RollupState {
  const into = createState(measures);
  for (const state of states) mergeState(into, state);
  return into;
}
