import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import type { Balancer } from './balancer.ts';
import type { Scene } from './stream-drill.ts';

export interface AllAtOnceOptions {
  /** Before gateway, ingest and query. */
  readonly balancers: Readonly<Record<string, Balancer>>;
  readonly redis: Restartable;
  /** How long events wait in the log while nobody counts them. */
  readonly backlogMs: number;
}

/** A server that dies, and comes back at its address. */
export interface Restartable {
  kill(): Promise<void>;
  restart(): Promise<void>;
}

const HAMMERS = 4;
const HAMMER_EVERY_MS = 50;
const PROBE_EVERY_MS = 100;
const PROBE_WITHIN_MS = 1_000;
const LOOK_EVERY_MS = 50;
const FIRST_PAUSE_MS = 250;
const SERVED_WITHIN_MS = 60_000;
/** How long it is asked on once all say that they are ready. */
const AFTERWARDS_MS = 3_000;
const DAY_MS = 86_400_000;

/** What the pools of a process hold at most, as the chart adds them up (`tidegate.validateSums`). */
const CONNECTIONS: Readonly<Record<string, number>> = { gateway: 5 + 1, ingest: 2 + 3, query: 8 + 2, aggregator: 8 };

/**
 * All servers and services die while events wait in the log, as where a machine loses its power, and are started in the same moment,
 * none of them waiting for another; clients ask and send from the first second. Calls are led to who says that it is ready.
 */
export async function allAtOnce(scene: Scene, options: AllAtOnceOptions): Promise<Readonly<Record<string, number>>> {
  const { tidegate, history, say } = scene;
  const { names } = tidegate.services;
  const probes = names.map((name) => probe(scene, name, options.balancers[serviceOf(name)]));
  const backlogFromMs = history.nowMs();
  await Promise.all(names.filter((name) => serviceOf(name) === 'aggregator').map((name) => tidegate.services.kill(name)));
  await delay(options.backlogMs);
  const servers = serversOf(scene, options);
  history.write({ kind: 'fault', at_ms: history.nowMs(), fault: 'kill', target: 'all', for_ms: 0 });
  await Promise.all([...servers.map((server) => server.kill()), ...names.map((name) => tidegate.services.kill(name))]);
  const startMs = history.nowMs();
  const backlog = acceptedBetween(scene, backlogFromMs, startMs);
  say(`all are down, ${backlog} events wait; all are started`);
  const hammering = hammer(scene);
  const connections = watchConnections(tidegate.addresses.databaseUrl);
  const ups = names.map((name) => bringUp(scene, name));
  await Promise.all(servers.map((server) => server.restart()));
  const serversMs = history.nowMs() - startMs;
  const ends = (await Promise.all(ups)).reduce((sum, count) => sum + count, 0);
  const readyMs = history.nowMs() - startMs;
  const servedMs = await untilAccepted(scene, startMs);
  say(`servers were up after ${serversMs} ms, all services ready after ${readyMs} ms, an event taken after ${servedMs} ms`);
  await delay(AFTERWARDS_MS);
  const asked = await hammering.stop();
  await Promise.all(probes.map((one) => one.stop()));
  return {
    ...{ backlog, servers_ms: serversMs, ready_ms: readyMs, accepted_ms: servedMs, service_ends: ends, ...asked },
    not_ready_answers: notReadySince(scene, startMs),
    ...(await connections.stop(names)),
  };
}

function serviceOf(name: string): string {
  return name.replace(/-\d+$/, '');
}

function serversOf({ tidegate: { kafka, postgres } }: Scene, { redis }: AllAtOnceOptions): readonly Restartable[] {
  if (kafka === null || postgres === null) throw new Error('to start everything at once takes servers of its own');
  return [kafka, postgres, redis];
}

interface Stoppable<T> {
  stop(): Promise<T>;
}

function repeat<T>(look: () => Promise<void>, everyMs: number, result: () => T): Stoppable<T> {
  let isOver = false;
  const run = async (): Promise<void> => {
    for (; !isOver; await delay(everyMs)) await look().catch(() => undefined);
  };
  const running = run();
  return {
    async stop() {
      isOver = true;
      await running;
      return result();
    },
  };
}

/** Leads calls to a process while it says that it is ready, as an orchestrator does. */
function probe({ tidegate }: Scene, name: string, balancer: Balancer | undefined): Stoppable<void> {
  return repeat(
    async () => {
      const url = `http://127.0.0.1:${tidegate.metricsPort(name)}/readyz`;
      const response = await fetch(url, { signal: AbortSignal.timeout(PROBE_WITHIN_MS) }).catch(() => null);
      await response?.body?.cancel();
      if (response?.ok === true) balancer?.putBack(name);
      else balancer?.takeOut(name);
    },
    PROBE_EVERY_MS,
    () => undefined,
  );
}

/** Starts a service, and again with a growing pause where it ends; gives how often it ended. */
async function bringUp({ tidegate, say }: Scene, name: string): Promise<number> {
  for (let ends = 0; ; ends += 1) {
    try {
      await tidegate.services.start(name);
      return ends;
    } catch (error) {
      say(`${name} ended: ${error instanceof Error ? error.message : String(error)}`);
      await delay(FIRST_PAUSE_MS * 2 ** ends);
    }
  }
}

/** Asks questions all the time, several at once. What is refused is written down as that of any client. */
function hammer({ tidegate, history }: Scene): Stoppable<{ questions: number; answered: number }> {
  let [questions, answered] = [0, 0];
  const [from, to] = [-1, 1].map((days) => new Date(Date.now() + days * DAY_MS).toISOString().slice(0, 10));
  const body = JSON.stringify({ metric: 'wiki.edits', kind: 'summary', measures: ['edits'], from, to });
  const headers = { authorization: `Bearer ${tidegate.apiKey}`, 'content-type': 'application/json' };
  const ask = async (client: number): Promise<void> => {
    questions += 1;
    const request = questions;
    const response = await fetch(`${tidegate.gateway}/v1/query`, { method: 'POST', headers, body });
    const text = await response.text();
    if (response.ok) answered += 1;
    else {
      const { status } = response;
      history.write({
        kind: 'refused',
        at_ms: history.nowMs(),
        client,
        request,
        status,
        retry_after: response.headers.get('retry-after'),
        text,
      });
    }
  };
  const loops = Array.from({ length: HAMMERS }, (_, index) =>
    repeat(
      () => ask(100 + index),
      HAMMER_EVERY_MS,
      () => undefined,
    ),
  );
  return {
    async stop() {
      await Promise.all(loops.map((loop) => loop.stop()));
      return { questions, answered };
    },
  };
}

/** The most connections that services held at once, and by how many that is more than their pools may hold. */
function watchConnections(databaseUrl: string): {
  stop(names: readonly string[]): Promise<{ connections_max: number; connections_above: number }>;
} {
  let most = 0;
  const looking = repeat(
    async () => {
      const client = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: 5_000 });
      client.on('error', () => undefined);
      try {
        await client.connect();
        const sql = `SELECT count(*)::int AS open FROM pg_stat_activity WHERE application_name LIKE 'tidegate-%'`;
        most = Math.max(most, (await client.query<{ open: number }>(sql)).rows[0]?.open ?? 0);
      } finally {
        await client.end();
      }
    },
    LOOK_EVERY_MS,
    () => undefined,
  );
  return {
    async stop(names) {
      await looking.stop();
      const allowed = names.reduce((sum, name) => sum + (CONNECTIONS[serviceOf(name)] ?? 0), 0);
      return { connections_max: most, connections_above: Math.max(0, most - allowed) };
    },
  };
}

async function untilAccepted(scene: Scene, sinceMs: number): Promise<number> {
  for (const deadlineMs = sinceMs + SERVED_WITHIN_MS; scene.history.nowMs() < deadlineMs; await delay(LOOK_EVERY_MS)) {
    const first = scene.history.entries().find((entry) => entry.kind === 'outcome' && entry.outcome === 'ok' && entry.at_ms > sinceMs);
    if (first?.kind === 'outcome') return first.at_ms - sinceMs;
  }
  throw new Error(`no event was accepted within ${SERVED_WITHIN_MS / 1_000} s`);
}

function acceptedBetween({ history }: Scene, fromMs: number, toMs: number): number {
  return history
    .entries()
    .filter((entry) => entry.kind === 'outcome' && entry.outcome === 'ok' && entry.at_ms > fromMs && entry.at_ms <= toMs).length;
}

/** Answers of processes that had said they were ready. */
function notReadySince({ history }: Scene, sinceMs: number): number {
  return history
    .entries()
    .filter((entry) => entry.kind === 'refused' && entry.at_ms > sinceMs && entry.text?.includes('/problems/not-ready') === true).length;
}
