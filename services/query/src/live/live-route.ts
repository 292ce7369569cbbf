/** `GET /v1/live`: an answer that goes on. */
import type { Exchange, ProblemFault } from '@tidegate/http';
import { decodeJson, invalidRequest, isOpenTo, LIVE_QUERY, refuse, ROUTES, SUBJECT_HEADER, visibleRows } from '@tidegate/http';
import type { Sealer } from '@tidegate/runtime';
import type { z } from 'zod';
import { ofPerson } from '../answer-routes.ts';
import type { ChangedNames } from '../changed-names.ts';
import { recentAskOf } from '../recent/recent-route.ts';
import type { RecentRouteDeps } from '../recent/recent-route.ts';
import { givenOf } from '../views/given.ts';
import { readAsked } from '../views/read-view.ts';
import type { AskedViewDeps } from '../views/read-view.ts';
import type { RunView } from '../views/run-view.ts';
import { eventChannel } from './event-channel.ts';
import type { LiveHub, Watching } from './live-hub.ts';
import { streamTopic } from './live-stream.ts';
import { socketChannel } from './socket-channel.ts';
import { watchJob } from './watch-job.ts';
import type { WatchJobDeps } from './watch-job.ts';
import { watchedEvents } from './watched-events.ts';
import { watchedView } from './watched.ts';

export interface LiveRouteDeps extends WatchJobDeps, Omit<AskedViewDeps, 'registry'>, Omit<RecentRouteDeps, 'registry'> {
  readonly registry: AskedViewDeps['registry'] & RecentRouteDeps['registry'];
  /** Views without what is kept of them, and without sealed members. */
  readonly runView: RunView;
  readonly names: Pick<ChangedNames, 'ofMetric' | 'ofEntity'>;
  readonly hub: LiveHub;
  readonly cursorSealer: Sealer;
}

export function createWatch(deps: LiveRouteDeps): (exchange: Exchange) => Promise<void> {
  const { hub, cursorSealer: sealer, monotonicMs, lifeMs } = deps;
  return async function watch(exchange) {
    const { query, signal } = exchange;
    const job = query.get('job');
    if (job !== null && LIVE_QUERY.safeParse(Object.fromEntries(query)).success)
      return watchJob(deps, exchange, { id: job, ended: hub.ended });
    const watching = await enter(deps, exchange);
    if (!watching.ok) return refuse(exchange, watching.problem);
    const { topic } = watching;
    try {
      const told = ofPerson(...topic.persons);
      const { upgrade } = exchange;
      const channel = upgrade === undefined ? eventChannel(exchange, told) : await socketChannel(exchange, { ...upgrade, told });
      const either = AbortSignal.any([signal, hub.ended]);
      const lastEventId = lastIdOf(exchange, query.get('last_event_id'));
      const isTold = (): boolean => covers(told, ofPerson(...topic.persons));
      await streamTopic({ topic, isTold, channel, lastEventId, sealer, monotonicMs, signal: either, lifeMs });
    } finally {
      hub.leave(topic);
    }
  };
}

async function enter(deps: LiveRouteDeps, exchange: Exchange): Promise<Watching> {
  if (exchange.query.has('events')) return enterEvents(deps, exchange);
  return exchange.query.has('view') ? enterView(deps, exchange) : enterQuestion(deps, exchange);
}

async function enterQuestion({ hub }: LiveRouteDeps, { caller, query }: Exchange): Promise<Watching> {
  const asked = LIVE_QUERY.safeParse(Object.fromEntries(query));
  const question = asked.success ? questionOf(asked.data) : null;
  if (question === null) return { ok: false, problem: { code: 'request_invalid', errors: [NO_JSON] } };
  return hub.enter(question, { tenant: caller.tenant, rows: visibleRows(caller) });
}

const EVENTS_QUERY = LIVE_QUERY.pick({ events: true, limit: true, last_event_id: true });
const ALL_TYPES = '*';
const EVENTS_OF_A_PAGE = 100;

/** `events={type}`, or `*`; as `GET /v1/events/recent`, and for whom that is. */
async function enterEvents(deps: LiveRouteDeps, { caller, query }: Exchange): Promise<Watching> {
  const asked = EVENTS_QUERY.safeParse(Object.fromEntries(query));
  if (!asked.success) return { ok: false, problem: invalidRequest(asked.error) };
  if (!isOpenTo({ ...ROUTES.readRecentEvents, name: 'readRecentEvents' }, caller)) return { ok: false, problem: { code: 'row_refused' } };
  const { events = ALL_TYPES, limit = EVENTS_OF_A_PAGE } = asked.data;
  const type = events === ALL_TYPES ? null : events;
  const read = () => recentAskOf(deps, caller, { type: type ?? undefined, limit });
  const first = read();
  if (!first.ok) return { ok: false, problem: first.fault };
  return deps.hub.enterWatched(watchedEvents({ ...deps, type, first: first.value, read }));
}

/** `view={pack}/{view}`, and beside it the parameters of the view. */
async function enterView(deps: LiveRouteDeps, exchange: Exchange): Promise<Watching> {
  const { caller, query } = exchange;
  const [pack = '', view = ''] = (query.get('view') ?? '').split('/');
  if (!isOpenTo({ ...ROUTES.readView, name: 'readView', ofPack: `${pack}.${view}` }, caller))
    return { ok: false, problem: { code: 'row_refused' } };
  const given = new URLSearchParams([...query].filter(([name]) => !OF_LIVE.has(name)));
  const of = { ...exchange, params: { pack, view }, query: given };
  const read = () => readAsked(deps, of);
  const first = read();
  if (!first.ok) return { ok: false, problem: first.fault };
  const problem = unwatchable(first.value.view.isBackground, given);
  if (problem !== null) return { ok: false, problem };
  const { runView, names, nowMs } = deps;
  const sorted = [...givenOf(given)].toSorted(byName);
  return deps.hub.enterWatched(watchedView({ given: sorted, first: first.value, read, runView, names, nowMs }));
}

const OF_LIVE: ReadonlySet<string> = new Set(['view', 'last_event_id']);
const byName = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number => (a < b ? -1 : 1);

/** One answer is not one that goes on; what is opened is for one answer alone; and what may take long would be asked again and again. */
function unwatchable(isBackground: boolean, given: URLSearchParams): ProblemFault | null {
  const name = ['after', 'wait_ms', 'cursor', 'include'].find((one) => given.has(one)) ?? (isBackground ? 'view' : null);
  if (name === null) return null;
  return { code: 'request_invalid', errors: [{ path: name, code: 'not_allowed_here', message: 'is not for an answer that goes on' }] };
}

/** Whose rows may be shown by what the gateway was told: its persons, nobody, or of several (`*`) any. */
function covers(told: Readonly<Record<string, string>>, now: Readonly<Record<string, string>>): boolean {
  const [known, shown] = [told[SUBJECT_HEADER], now[SUBJECT_HEADER]];
  return shown === undefined || shown === known || known === '*';
}

function lastIdOf({ request }: Exchange, named: string | null): string | null {
  const header = request.headers['last-event-id'];
  return typeof header === 'string' ? header : named;
}

const NO_JSON = { path: 'q', code: 'invalid_value', message: 'one question as JSON; or its members by name, lists separated by commas' };
const LISTS: ReadonlySet<string> = new Set(['measures', 'group_by']);

/** A question as JSON in `q`, or its members by name; null: neither. */
function questionOf({ q, where, limit, ...asked }: z.output<typeof LIVE_QUERY>): unknown {
  if (limit !== undefined) return null;
  const { last_event_id: _last, job: _job, view: _view, events: _events, ...members } = asked;
  if (q !== undefined) return jsonOf(q);
  const conditions = where === undefined ? undefined : jsonOf(where);
  if (conditions === null) return null;
  const named = Object.entries(members).map(([name, text]) => [name, LISTS.has(name) ? String(text).split(',') : text]);
  return { ...Object.fromEntries(named), ...(conditions === undefined ? {} : { where: conditions }) };
}

function jsonOf(text: string): unknown {
  const json = decodeJson(Buffer.from(text));
  return json.ok ? json.value : null;
}
