import { AsyncResource } from 'node:async_hooks';
import { Socket } from 'node:net';
import { gatherWrites } from '@tidegate/runtime';
import pg from 'pg';
import { readPersonSettings } from './as-person.ts';
import { explainOnConnection } from './explain.ts';
import { setPerTransaction } from './per-transaction.ts';
import type { SessionSettings } from './per-transaction.ts';
import type { PoolMeter } from './pool-meter.ts';
import { testBeforeUse } from './test-before-use.ts';

/** What stands between a pool and Postgres: nothing that changes sessions, or a pooler that gives one out for each transaction. */
export type Pooler = 'none' | 'transaction';

export interface PoolOptions {
  readonly databaseUrl: string;
  /** Default `none`. */
  readonly pooler?: Pooler;
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
  /** What is asked in the work for one person (`asPerson`) sees that person's rows alone. The login must be able to become `tidegate_person`. */
  readonly holdsToPerson?: boolean;
  /** Work whose statements are explained (`explainStatements`) is told their plans. */
  readonly isExplained?: boolean;
  /** A connection older than this is made anew when it is given back, so that none stays with a server that was replaced; default an hour. */
  readonly lifetimeS?: number;
  /** A connection that was idle for longer is asked for an answer before it is handed out; default a second. */
  readonly testAfterIdleMs?: number;
  readonly onError?: (error: Error) => void;
  /** Called when the first connection stands. */
  readonly onConnected?: () => void;
  /** Counts what the pool does. */
  readonly meter?: PoolMeter;
}

const LIFETIME_S = 3_600;
const TEST_AFTER_IDLE_MS = 1_000;
const TEST_WITHIN_MS = 1_000;

/**
 * Connections of one purpose. Each is tried when it is made (its settings are a statement) and when it was idle for a second; an idle one
 * that ends leaves the pool at once, and one that was idle for half a minute is given up. A broken connection is reported and replaced, never thrown.
 */
export function createPool(options: PoolOptions): pg.Pool {
  // The pool waits for what this returns before it hands the connection out; its type says void.
  const onConnect: (client: pg.ClientBase) => unknown = (client) => prepareSession(client, options);
  const pool = new pg.Pool({
    connectionString: options.databaseUrl,
    application_name: options.applicationName,
    max: options.connectionsMax,
    connectionTimeoutMillis: 5_000,
    idleTimeoutMillis: 30_000,
    maxLifetimeSeconds: options.lifetimeS ?? LIFETIME_S,
    query_timeout: options.statementTimeoutMs + 5_000,
    keepAlive: true,
    ...(options.pipeline === true ? { pipeline: true, stream: () => gatherWrites(new Socket()) } : {}),
    onConnect,
  });
  // The pool listens to its idle connections alone; the loss of one that is in use would end the process.
  pool.on('connect', (client) => client.on('error', (error) => options.onError?.(error)));
  pool.on('error', () => undefined);
  testBeforeUse(pool, {
    idleMs: options.testAfterIdleMs ?? TEST_AFTER_IDLE_MS,
    withinMs: TEST_WITHIN_MS,
    monotonicMs: () => performance.now(),
    onGone: () => options.onError?.(new Error('an idle connection did not answer, and was given up')),
  });
  if (options.holdsToPerson === true || options.isExplained === true) keepContext(pool);
  pool.once('connect', () => options.onConnected?.());
  options.meter?.watch(pool);
  if (options.isExplained === true) pool.on('connect', explainOnConnection);
  return pool;
}

/** The pool calls back out of whatever gives a connection back: without this a statement would run as the work of whoever had it before. */
function keepContext(pool: pg.Pool): void {
  const connect = pool.connect.bind(pool);
  const bound = (callback?: Parameters<pg.Pool['connect']>[0]) =>
    callback === undefined ? connect() : connect(AsyncResource.bind(callback));
  Reflect.set(pool, 'connect', bound);
}

async function prepareSession(client: pg.ClientBase, options: PoolOptions): Promise<void> {
  const settings = await knownSettings(client, options);
  const ofPerson = options.holdsToPerson === true ? await readPersonSettings(client) : null;
  if (options.pooler === 'transaction') {
    setPerTransaction(client, { now: () => ({ ...settings, ...ofPerson?.() }), nameOf: () => undefined });
    // A role that the login may not take is told before the connection is given out.
    await client.query('SELECT 1');
    return;
  }
  await client.query('SELECT set_config(s.key, s.value, false) FROM json_each_text($1::json) s', [JSON.stringify(settings)]);
  // Plans are made for a role: under one name both roles would make the other's anew.
  if (ofPerson !== null) setPerTransaction(client, { now: ofPerson, nameOf: (name) => `${name} of person` });
}

/** `transaction_timeout` is known from Postgres 17 on; older servers have the pause limit alone. */
async function knownSettings(client: pg.ClientBase, options: PoolOptions): Promise<SessionSettings> {
  const { role, statementTimeoutMs, transactionTimeoutMs } = options;
  const { rows } =
    transactionTimeoutMs === undefined ? { rows: [] } : await client.query(`SELECT FROM pg_settings WHERE name = 'transaction_timeout'`);
  return {
    statement_timeout: String(statementTimeoutMs),
    ...(transactionTimeoutMs === undefined ? {} : { idle_in_transaction_session_timeout: String(transactionTimeoutMs) }),
    ...(rows.length === 0 ? {} : { transaction_timeout: String(transactionTimeoutMs) }),
    ...(options.isDurable === true ? { synchronous_commit: 'on' } : {}),
    // The last: what comes before it is set as the login.
    ...(role === undefined ? {} : { role }),
  };
}
