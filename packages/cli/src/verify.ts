import { randomUUID } from 'node:crypto';
import { toIsoDate } from '@tidegate/core';
import { ApiError, type Answer, type Client, type Sendable } from '@tidegate/sdk';
import { z } from 'zod';

/** One thing that an installation has to do. `unseen`: it could not be looked at, and the detail says why. */
export interface Verdict {
  readonly check: string;
  readonly state: 'ok' | 'wrong' | 'unseen';
  readonly detail: string;
}

export interface Verifying {
  /** Null: no key is given, and only what anybody may ask is looked at. */
  readonly client: Pick<Client, 'call' | 'counted' | 'query' | 'send' | 'status'> | null;
  /** An address as it answers; `path` is of the gateway. */
  readonly get: (at: { readonly path: string } | { readonly url: string }) => Promise<Response>;
  /** An event that a pack in place takes, without id and time, and what counts it. */
  readonly event: Readonly<Record<string, unknown>>;
  readonly metric: string;
  readonly measure: string;
  /** Metrics ports of services. */
  readonly metricsUrls: readonly string[];
  /** Clients at once, and questions of each. */
  readonly load: { readonly clients: number; readonly questions: number };
  readonly withinMs: number;
  readonly nowMs: () => number;
  readonly monotonicMs: () => number;
}

interface Round extends Verifying {
  readonly client: NonNullable<Verifying['client']>;
  readonly sent: Sendable;
  /** Of the event, once it is accepted. */
  receipts: readonly string[];
  before: number;
  after: number;
}

type Seen = Omit<Verdict, 'check'>;
type Check<Of> = { readonly check: string; readonly look: (of: Of) => Promise<Seen> };

const DAY_MS = 86_400_000;
const CACHE_TRIES = 50;
const HITS_MIN_PERCENT = 70;
const DEPENDENCIES = z.looseObject({ dependencies: z.record(z.string(), z.string()) });

const ok = (detail: string): Seen => ({ state: 'ok', detail });
const wrong = (detail: string): Seen => ({ state: 'wrong', detail });
const unseen = (detail: string): Seen => ({ state: 'unseen', detail });

const OPEN: readonly Check<Verifying>[] = [
  { check: 'the gateway is ready', look: readGateway },
  { check: 'metrics are told', look: readMetrics },
];

/** Each needs what those before it have done. */
const ROUND: readonly Check<Round>[] = [
  { check: 'Kafka, Postgres and Redis answer', look: readDependencies },
  { check: 'an event is accepted', look: sendOne },
  { check: 'it is counted', look: waitUntilCounted },
  { check: 'it is in the answer that its receipt asks for', look: askForIt },
  { check: 'sent again it counts no second time', look: sendAgain },
  { check: 'answers come from the cache', look: askTwice },
  { check: 'answers say what is left of limits', look: readLimits },
  { check: 'many questions at once are answered', look: askAtOnce },
  { check: 'the cache tells how often it answered', look: readCacheStats },
];

/**
 * Goes the way of an event through a running installation, as its callers do. Once one of the steps is wrong those that need it are
 * not looked at: what they would tell is the same again.
 */
export async function verifyInstallation(of: Verifying, onVerdict: (verdict: Verdict) => void): Promise<void> {
  for (const check of OPEN) onVerdict(await lookAt(check, of));
  const { client } = of;
  const sent = { ...of.event, id: `verify-${randomUUID()}`, occurred_at: new Date(of.nowMs()).toISOString() } as Sendable;
  const round: Round | null = client === null ? null : { ...of, client, sent, receipts: [], before: 0, after: 0 };
  let broken = round === null ? 'no API key is given' : '';
  for (const check of ROUND) {
    const verdict = round === null || broken !== '' ? { check: check.check, ...unseen(broken) } : await lookAt(check, round);
    if (verdict.state === 'wrong') broken = `"${verdict.check}" has to be first`;
    onVerdict(verdict);
  }
}

async function lookAt<Of>({ check, look }: Check<Of>, of: Of): Promise<Verdict> {
  try {
    return { check, ...(await look(of)) };
  } catch (error) {
    return { check, ...wrong(error instanceof Error ? error.message : String(error)) };
  }
}

async function readGateway({ get }: Verifying): Promise<Seen> {
  const { status, ok: isReady } = await get({ path: '/health/ready' });
  return isReady ? ok(`answered ${status}`) : wrong(`/health/ready was answered ${status}`);
}

async function readMetrics({ get, metricsUrls }: Verifying): Promise<Seen> {
  if (metricsUrls.length === 0) return unseen('name the metrics ports of services: --metrics http://…:9464/metrics');
  const bare: string[] = [];
  for (const url of metricsUrls) {
    const answer = await get({ url });
    if (!answer.ok || !/^# TYPE \w+ /m.test(await answer.text())) bare.push(`${url} (${answer.status})`);
  }
  return bare.length === 0 ? ok(`by ${metricsUrls.length} services`) : wrong(`none at ${bare.join(', ')}`);
}

async function readDependencies({ client }: Round): Promise<Seen> {
  const { dependencies } = DEPENDENCIES.parse(await client.status());
  const told = Object.entries(dependencies).map(([name, state]) => `${name} ${state}`);
  return Object.values(dependencies).every((state) => state === 'up') ? ok(told.join(', ')) : wrong(told.join(', '));
}

async function sendOne(round: Round): Promise<Seen> {
  round.before = await count(round, {});
  const { accepted, rejected, receipts } = await round.client.send([round.sent]);
  round.receipts = receipts;
  if (accepted !== 1) return wrong(`refused: ${rejected[0]?.message ?? 'it is not said why'}`);
  return ok(`id ${String((round.sent as { readonly id?: unknown }).id)}`);
}

async function waitUntilCounted({ client, receipts, withinMs, monotonicMs }: Round): Promise<Seen> {
  const startMs = monotonicMs();
  const isCounted = await client.counted(receipts, withinMs);
  return isCounted ? ok(`after ${Math.round(monotonicMs() - startMs)} ms`) : wrong(`not within ${withinMs / 1_000} s`);
}

async function askForIt(round: Round): Promise<Seen> {
  round.after = await count(round, { after: round.receipts[0] });
  const told = `${round.measure} of ${round.metric}: ${round.before} before, ${round.after} after`;
  return round.after > round.before ? ok(told) : wrong(told);
}

async function sendAgain(round: Round): Promise<Seen> {
  const { accepted, receipts } = await round.client.send([round.sent]);
  if (accepted !== 1) return wrong('the copy is refused');
  if (!(await round.client.counted(receipts, round.withinMs)))
    return wrong(`the copy is not dealt with within ${round.withinMs / 1_000} s`);
  const now = await count(round, { after: receipts[0] });
  if (now === round.after) return ok(`still ${now}`);
  return unseen(`${now - round.after} more: others send such events too, so this cannot be told apart`);
}

/** A question of its own, so that no answer of before is found; it is kept in the background. */
async function askTwice(round: Round): Promise<Seen> {
  for (let tries = 1; tries <= CACHE_TRIES; tries += 1) {
    const state = cacheStateOf(await round.client.query(questionOf(round)));
    if (state === 'hit') return ok(`the question found its answer at asking ${tries}`);
    if (tries < CACHE_TRIES) continue;
    const told = `after ${tries} askings the cache says "${state}"`;
    return state === 'bypass' ? wrong(told) : unseen(`${told}: so it is where such events keep coming`);
  }
  return wrong('never asked');
}

async function readLimits({ get }: Round): Promise<Seen> {
  const { headers, status } = await get({ path: '/v1/metrics' });
  const told = [...headers.keys()].filter((name) => /^(x-)?ratelimit/.test(name));
  return told.length > 0 ? ok(told.join(', ')) : unseen(`an answer (${status}) has no such header: limits may be off`);
}

async function askAtOnce(round: Round): Promise<Seen> {
  const { clients, questions } = round.load;
  const times: number[] = [];
  const failures: string[] = [];
  let hits = 0;
  const ask = async (): Promise<void> => {
    for (let n = 0; n < questions; n += 1) {
      const startMs = round.monotonicMs();
      try {
        if (cacheStateOf(await round.client.query(questionOf(round))) === 'hit') hits += 1;
        times.push(round.monotonicMs() - startMs);
      } catch (error) {
        failures.push(error instanceof Error ? error.message : String(error));
      }
    }
  };
  await Promise.all(Array.from({ length: clients }, ask));
  const all = clients * questions;
  if (failures.length > 0) return wrong(`${failures.length} of ${all} failed: ${failures[0]}`);
  const share = Math.round((100 * hits) / all);
  const told = `${all} by ${clients} clients, ${share} % from the cache, half within ${Math.round(medianOf(times))} ms`;
  return share >= HITS_MIN_PERCENT ? ok(told) : unseen(`${told}: so it is where such events keep coming`);
}

async function readCacheStats({ client }: Round): Promise<Seen> {
  try {
    await client.call({ method: 'GET', path: '/v1/cache/stats' });
    return ok('/v1/cache/stats');
  } catch (error) {
    if (error instanceof ApiError && error.code === 'scope_missing') return unseen('the key lacks the scope cache:read');
    throw error;
  }
}

async function count(round: Round, more: { readonly after?: string | undefined }): Promise<number> {
  const { after } = more;
  const answer = await round.client.query({ ...questionOf(round), ...(after === undefined ? {} : { after }) });
  const at = answer.columns.findIndex(({ name }) => name === round.measure);
  return Number(answer.rows[0]?.[at] ?? 0);
}

function questionOf({ metric, measure, nowMs }: Verifying) {
  const day = (ms: number): string => toIsoDate(Math.floor(ms / DAY_MS));
  return { metric, kind: 'summary', measures: [measure], from: day(nowMs() - DAY_MS), to: day(nowMs() + DAY_MS), zone: 'UTC' } as const;
}

function cacheStateOf({ meta }: Answer): string {
  const { state } = z.looseObject({ state: z.string() }).parse(meta['cache']);
  return state;
}

function medianOf(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0;
}
