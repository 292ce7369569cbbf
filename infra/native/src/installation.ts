import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createLogClient, ensureTidegateTopics, topicNames } from '@tidegate/kafka';
import { createControlStore, createPool, migrate, seedDemo } from '@tidegate/postgres';
import { ApiError, createClient, type Client } from '@tidegate/sdk';
import { repositoryRoot } from './home.ts';
import { loadSecrets, saveSecrets } from './secrets.ts';

const DEFAULT_PACKS = ['wikipedia', 'traces', 'healthtrack'];
const DEFAULT_PARTITIONS = 12;
const SETUP_TIMEOUT_MS = 30_000;

/** Addresses of servers that run already. */
export interface ServerAddresses {
  readonly kafkaBrokers: string;
  readonly databaseUrl: string;
  readonly redisUrl: string;
}

/** What keeps installations that share servers apart. */
export interface Names {
  readonly database: string;
  readonly topicPrefix: string;
  readonly redisPrefix: string;
}

export function namesOf(namespace: string): Names {
  if (!/^[a-z][a-z0-9_]{0,40}$/.test(namespace)) throw new Error(`${namespace} is no name for a namespace`);
  return { database: namespace, topicPrefix: `${namespace}.`, redisPrefix: namespace === 'tidegate' ? 'tg' : namespace };
}

/** Database, schema and topics, each made only when it is not there. */
export async function prepareServers(
  servers: ServerAddresses,
  names: Names,
  partitions: number = DEFAULT_PARTITIONS,
): Promise<{ value: string; detail: string }> {
  const databaseUrl = await ensureDatabase(servers.databaseUrl, names.database);
  const { applied, present } = await migrate({ databaseUrl });
  await ensureTopics({ kafkaBrokers: servers.kafkaBrokers, databaseUrl, prefix: names.topicPrefix, partitions });
  return { value: databaseUrl, detail: applied.length === 0 ? `${present} migrations in place` : `${applied.length} migrations applied` };
}

/** The topics, and the record of how many partitions the events have: services take the count from it, not from the broker. */
async function ensureTopics(of: { kafkaBrokers: string; databaseUrl: string; prefix: string; partitions: number }): Promise<void> {
  const client = await createLogClient({ kind: 'platformatic', brokers: of.kafkaBrokers.split(','), clientId: 'tidegate-setup' });
  const admin = client.createAdmin();
  const store = createControlStore({ databaseUrl: of.databaseUrl });
  try {
    await ensureTidegateTopics(admin, { prefix: of.prefix, partitions: of.partitions, replicationFactor: 1 });
    const events = await admin.describeTopic(topicNames(of.prefix).events);
    await store.ensurePartitions(events?.partitions ?? of.partitions);
  } finally {
    await store.close();
    await admin.close();
    await client.close();
  }
}

/** A database of the installation's own beside the one that the address names; a given address that names another one than `postgres` is taken as it is. */
async function ensureDatabase(url: string, database: string): Promise<string> {
  const address = new URL(url);
  if (address.pathname !== '/postgres' && database === 'tidegate') return url;
  const pool = createPool({ databaseUrl: url, applicationName: 'tidegate-setup', connectionsMax: 1, statementTimeoutMs: SETUP_TIMEOUT_MS });
  try {
    await untilUp(pool);
    const { rowCount } = await pool.query('SELECT FROM pg_database WHERE datname = $1', [database]);
    // The name has been checked: a statement of this kind takes no parameters.
    if (rowCount === 0) await pool.query(`CREATE DATABASE ${database}`);
  } finally {
    await pool.end();
  }
  address.pathname = `/${database}`;
  return address.toString();
}

/** Of a server that takes connections and still starts. */
const STARTING_UP = '57P03';

/** Resolves when the server answers: one that was just started takes connections before it does. */
async function untilUp(pool: ReturnType<typeof createPool>): Promise<void> {
  const deadlineMs = performance.now() + SETUP_TIMEOUT_MS;
  for (;;) {
    try {
      await pool.query('SELECT 1');
      return;
    } catch (error) {
      const isStarting = error instanceof Error && 'code' in error && error.code === STARTING_UP;
      if (!isStarting || performance.now() > deadlineMs) throw error;
      await delay(50);
    }
  }
}

/** The demo tenant with its keys, which stay the same from start to start. */
export async function seedKeys(dataDir: string, databaseUrl: string): Promise<{ apiKey: string; adminKey: string }> {
  const { apiKey, adminKey, ...secrets } = loadSecrets(dataDir);
  const known = { ...(apiKey === undefined ? {} : { apiKey }), ...(adminKey === undefined ? {} : { adminKey }) };
  const keys = await seedDemo({ databaseUrl, secrets: known });
  if (keys.apiKey !== apiKey || keys.adminKey !== adminKey) saveSecrets(dataDir, { ...secrets, ...keys });
  return keys;
}

const KNOWN_WITHIN_MS = 30_000;

export interface PackTarget {
  readonly gateway: string;
  readonly adminKey: string;
  /** Where each service exposes its metrics. */
  readonly metricsUrls: readonly string[];
}

/**
 * Applies packs of the checkout through the gateway and returns when every service works with them; one that is in place
 * already changes nothing and takes no time.
 */
export async function applyPacks(
  target: PackTarget,
  packs: readonly string[] = DEFAULT_PACKS,
): Promise<{ value: undefined; detail: string }> {
  const client = createClient({ gateway: target.gateway, apiKey: target.adminKey });
  await waitForKey(client);
  let isChanged = false;
  for (const pack of packs) {
    const applied = await client.applyPack(await readFile(join(repositoryRoot, 'packs', pack, 'pack.yaml'), 'utf8'));
    isChanged ||= typeof applied === 'object' && applied !== null && 'changed' in applied && applied.changed === true;
  }
  if (isChanged) await Promise.all(target.metricsUrls.map((url) => waitUntilKnown(url, Date.now())));
  return { value: undefined, detail: packs.join(', ') };
}

/** A key that was just made reaches the gateway through the log: until then it is unknown there. */
async function waitForKey(client: Client): Promise<void> {
  const deadlineMs = performance.now() + KNOWN_WITHIN_MS;
  for (;;) {
    try {
      await client.packs();
      return;
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 401 || performance.now() > deadlineMs) throw error;
      await delay(50);
    }
  }
}

/** A service knows what was recorded up to the time that it exposes, which follows the records within a second. */
async function waitUntilKnown(metricsUrl: string, recordedMs: number): Promise<void> {
  const deadlineMs = performance.now() + KNOWN_WITHIN_MS;
  for (;;) {
    const text = await fetch(metricsUrl).then((response) => response.text());
    const knownThrough = /^control_known_through_seconds(?:\{[^}]*\})? (\S+)$/m.exec(text)?.[1] ?? '0';
    if (Number(knownThrough) * 1_000 >= recordedMs) return;
    if (performance.now() > deadlineMs) throw new Error(`${metricsUrl} shows no knowledge of the packs after ${KNOWN_WITHIN_MS / 1_000} s`);
    await delay(25);
  }
}
