import type { Draw } from './draws.ts';
import type { Threshold } from './thresholds.ts';

export interface LoadRequest {
  /** The route's template: one line of the report. */
  readonly endpoint: string;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** JSON, or NDJSON of events. */
  readonly body?: string;
  readonly contentType?: string;
  /** How many events the body carries. */
  readonly events?: number;
}

/** What a request is made of. */
export interface Moment {
  /** Id of the person on whose behalf is asked. */
  readonly user: string;
  readonly nowMs: number;
  /** Never twice, in this run or another. */
  readonly nextId: () => string;
  readonly draw: Draw;
}

interface Act {
  /** Share of all acts, against the sum of the scenario's. */
  readonly weight: number;
  readonly request: (moment: Moment) => LoadRequest;
}

export interface Scenario {
  readonly name: string;
  readonly title: string;
  /** Mean time between two acts of one user. */
  readonly thinkMs: number;
  readonly acts: readonly Act[];
  /** What `--aims` holds the run to. */
  readonly aims: readonly Threshold[];
}

/** One act by lot, as often as its weight says. */
export function drawRequest(scenario: Scenario, moment: Moment): LoadRequest {
  const whole = scenario.acts.reduce((sum, { weight }) => sum + weight, 0);
  let place = moment.draw() * whole;
  const act = scenario.acts.find(({ weight }) => (place -= weight) < 0) ?? scenario.acts.at(-1);
  if (act === undefined) throw new Error(`scenario ${scenario.name} has no acts`);
  return act.request(moment);
}

export function read(endpoint: string, values: Readonly<Record<string, string>> = {}, search = ''): LoadRequest {
  const path = endpoint.replaceAll(/\{(\w+)\}/g, (_whole, name: string) => encodeURIComponent(values[name] ?? ''));
  return { endpoint: `GET ${endpoint}`, method: 'GET', path: `${path}${search}` };
}

export function ask(endpoint: string, question: unknown): LoadRequest {
  return { endpoint, method: 'POST', path: '/v1/query', body: JSON.stringify(question), contentType: 'application/json' };
}

interface LoadEvent {
  readonly type: string;
  readonly subject?: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Events that happen now, one request. */
export function send(moment: Moment, events: readonly LoadEvent[]): LoadRequest {
  const lines = events.map((event) => JSON.stringify({ id: moment.nextId(), source: SOURCE, occurred_at: moment.nowMs, ...event }));
  return {
    endpoint: 'POST /v1/events',
    method: 'POST',
    path: '/v1/events',
    body: `${lines.join('\n')}\n`,
    contentType: 'application/x-ndjson',
    events: events.length,
  };
}

const SOURCE = 'tidegate-loadtest';
