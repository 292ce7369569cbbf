import { Socket } from 'node:net';
import { gatherWrites } from '@tidegate/runtime';
import pg from 'pg';
import type { PoolMeter } from './pool-meter.ts';

export interface PoolOptions {
  readonly databaseUrl: string;
  /** Shown in pg_stat_activity, for instance `tidegate-query`. */
  readonly applicationName: string;
  /** Role to act as (`tidegate_query`, …); the login role must be a member of it. Absent: the login role itself. */
  readonly role?: string;
  readonly connectionsMax: number;
  readonly statementTimeoutMs: number;
  /** Longest pause inside a transaction and longest transaction, so that a paused process cannot hold its locks. */
  readonly transactionTimeoutMs?: number;
  /** Commits wait for the disk (and a synchronous standby) whatever server, database and role have set: for what Kafka cannot give back. */
  readonly isDurable?: boolean;
  /** Statements are sent as they are asked for, without waiting for the answers of those before them. */
  readonly pipeline?: boolean;
  readonly onError?: (error: Error) => void;
  /** Counts what the pool does. */
  readonly meter?: PoolMeter;
}

/** Connections of one purpose. A broken connection is reported and replaced, never thrown. */
export function createPool(options: PoolOptions): pg.Pool {
  // The pool waits for what this returns before it hands the connection out; its type says void.
  const onConnect: (client: pg.ClientBase) => unknown = (client) => prepareSession(client, options);
  const pool = new pg.Pool({
    connectionString: options.databaseUrl,
    application_name: options.applicationName,
    max: options.connectionsMax,
    connectionTimeoutMillis: 5_000,
    query_timeout: options.statementTimeoutMs + 5_000,
    keepAlive: true,
    ...(options.pipeline === true ? { pipeline: true, stream: () => gatherWrites(new Socket()) } : {}),
    onConnect,
  });
  // The pool listens to its idle connections alone; the loss of one that is in use would end the process.
  pool.on('connect', (client) => client.on('error', (error) => options.onError?.(error)));
  pool.on('error', () => undefined);
  options.meter?.watch(pool);
  return pool;
}

/** `transaction_timeout` is known from Postgres 17 on; older servers have the pause limit alone. */
async function prepareSession(client: pg.ClientBase, options: PoolOptions): Promise<void> {
  const settings: Record<string, string> = { statement_timeout: String(options.statementTimeoutMs) };
  if (options.transactionTimeoutMs !== undefined) {
    settings['idle_in_transaction_session_timeout'] = String(options.transactionTimeoutMs);
    settings['transaction_timeout'] = String(options.transactionTimeoutMs);
  }
  if (options.isDurable === true) settings['synchronous_commit'] = 'on';
  await client.query(`SELECT set_config(s.key, s.value, false) FROM json_each_text($1::json) s JOIN pg_settings p ON p.name = s.key`, [
    JSON.stringify(settings),
  ]);
  if (options.role !== undefined) await client.query(`SELECT set_config('role', $1, false)`, [options.role]);
}
