import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import type { Ground } from './catalogue.ts';
import type { Scene } from './stream-drill.ts';

const WITHIN_MS = 120_000;

/** The installation's database on the server that the proxy leads to, past the proxy. */
export function directUrl({ database, tidegate }: Pick<Ground, 'database' | 'tidegate'>, name?: string): string {
  const url = new URL(database.url());
  url.pathname = name ?? new URL(tidegate.addresses.databaseUrl).pathname;
  return url.href;
}

/** Asks a server of Postgres one question, over a connection of its own. */
export async function ask<Row extends pg.QueryResultRow>(databaseUrl: string, sql: string): Promise<readonly Row[]> {
  const client = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: 10_000 });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<Row>(sql)).rows;
  } finally {
    await client.end();
  }
}

/** Commits of all partitions so far. */
export async function commitsIn(databaseUrl: string): Promise<number> {
  const sql = `SELECT coalesce(sum(commit_no), 0)::float8 AS commits FROM partition_progress WHERE lane = 'live'`;
  return (await ask<{ commits: number }>(databaseUrl, sql))[0]?.commits ?? 0;
}

/** Polls until `look` gives something that holds; a server that is not up yet is asked again. */
export async function untilSeen<T>(what: string, look: () => Promise<T>, holds: (seen: T) => boolean): Promise<T> {
  const deadlineMs = performance.now() + WITHIN_MS;
  for (;;) {
    const seen = await look().then(
      (value) => ({ value }),
      (error: unknown) => ({ error }),
    );
    if ('value' in seen && holds(seen.value)) return seen.value;
    if (performance.now() > deadlineMs)
      throw new Error(`not within ${WITHIN_MS / 1_000} s: ${what}`, 'error' in seen ? { cause: seen.error } : {});
    await delay(50);
  }
}

export interface TakenBack {
  readonly by: 'failover' | 'restore';
  /** Commits that stood before. */
  readonly before: number;
  readonly serverUrl: string;
}

/** Leads the services, who have gone on all the time, to a server that lacks some of their commits; resolves once they commit there. */
export async function moveBehind(
  { history, say }: Scene,
  ground: Ground,
  { by, before, serverUrl }: TakenBack,
): Promise<{ lost_commits: number }> {
  const url = new URL(directUrl(ground));
  url.port = new URL(serverUrl).port;
  const after = await commitsIn(url.href);
  history.write({ kind: 'taken_back', at_ms: history.nowMs(), by });
  say(`${by}: ${before} commits stood, ${after} are there`);
  await ground.database.moveTo(serverUrl);
  await untilSeen(
    'aggregators commit again',
    () => commitsIn(url.href),
    (commits) => commits > after,
  );
  return { lost_commits: before - after };
}
