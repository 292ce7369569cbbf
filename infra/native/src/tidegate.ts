import { join } from 'node:path';
import { archiveSettings } from './archive-settings.ts';
import { launchProcess, type ProcessHome, type RunningProcess } from './child-process.ts';
import { homeOf, repositoryRoot, type Environment } from './home.ts';
import { applyPacks, namesOf, prepareServers, seedKeys, type Names, type PackTarget, type ServerAddresses } from './installation.ts';
import { limitSettings } from './limit-settings.ts';
import { freePort, startOnPorts } from './port.ts';
import type { Progress } from './progress.ts';
import { asStep } from './progress.ts';
import { endLeftovers } from './process-record.ts';
import { loadSecrets, secretSettings } from './secrets.ts';
import { contextOf, startServers, type Servers } from './servers.ts';
import { startSupervisor, type ServiceSpec, type Supervisor, type SupervisorOptions } from './supervisor.ts';

export interface ServicePorts {
  readonly gateway: number;
  /** One for each process, in the order gateway, ingest, query, their copies, aggregators. */
  readonly metrics: readonly number[];
}

/** Services that callers reach. */
export type FrontedService = 'gateway' | 'ingest' | 'query';
const FRONTED: readonly FrontedService[] = ['gateway', 'ingest', 'query'];

type Settings = Readonly<Record<string, string>>;

export interface TidegateOptions {
  /** Secrets, logs and process records; and the servers' data where they are started here. */
  readonly dataDir: string;
  /** Servers to use; absent: found or started, see `startServers`. They are not ended by `stop`. */
  readonly servers?: ServerAddresses;
  /**
   * Lets several installations share servers: prefix of topics and Redis keys, name of the database. Lower-case letters,
   * digits and `_`; default `tidegate`.
   */
  readonly namespace?: string;
  /** Default 1. */
  readonly aggregators?: number;
  /** Of gateway, ingest and query each; default 1. More of them need `front`. */
  readonly copies?: number;
  /** The one address before the copies of a service; asked again where they get other ports. Absent: that of the first. */
  readonly front?: (service: FrontedService, copies: readonly { readonly name: string; readonly port: number }[]) => string;
  /** A program to run as aggregator instead of the shipped one; for drills that stop it between two of its steps. */
  readonly aggregatorMain?: string;
  /** Of the events topic; default 12. */
  readonly partitions?: number;
  /**
   * Asked just before the services start; again, with the number of attempts that failed, where somebody took one of the
   * ports before they were bound. Default: free ones.
   */
  readonly choosePorts?: (services: number, failed: number) => Promise<ServicePorts>;
  /** Whether services that die are started again; default false, so that a test decides. */
  readonly restarts?: boolean;
  /** Packs to apply, names of folders under `packs/`; default `wikipedia`, `traces`, `healthtrack`. */
  readonly packs?: readonly string[];
  /** Additional settings of all services; they may depend on where these find their servers. */
  readonly settings?: Settings | ((addresses: ServerAddresses) => Settings);
  readonly tuning?: 'serve' | 'test';
  readonly progress?: Progress;
  readonly env?: Environment;
  readonly signal?: AbortSignal;
}

export interface Tidegate {
  readonly gateway: string;
  readonly apiKey: string;
  readonly adminKey: string;
  readonly dataDir: string;
  readonly logDir: string;
  readonly addresses: ServerAddresses;
  readonly topicPrefix: string;
  readonly redisPrefix: string;
  readonly metricsPort: (name: string) => number;
  /** `gateway`, `ingest`, `query`, `aggregator`, and `gateway-2`, `aggregator-2` … where there are several. */
  readonly services: Supervisor;
  /** The broker, where it was started here. */
  readonly kafka: Servers['kafka'];
  /** The database server, where it was started here. */
  readonly postgres: Servers['postgres'];
  /** Begins `tidegate archive run`, once, with the settings of the services. */
  launchArchive(): RunningProcess;
  /** Ends gateway, ingest, aggregators, query, then the servers that were started here. */
  stop(): Promise<void>;
}

/** Brings up the whole system: servers, schema, topics, demo tenant, the services as processes, packs. */
export async function startTidegate(options: TidegateOptions): Promise<Tidegate> {
  const { home, progress } = contextOf(options);
  await endLeftovers(home.dataDir, home.runDir);
  const started = options.servers === undefined ? await startServers(options) : null;
  const servers: ServerAddresses = started ?? given(options.servers);
  let supervisor: Supervisor | null = null;
  const stop = async (): Promise<void> => {
    await supervisor?.stop(stopOrder(supervisor.names));
    await started?.stop();
  };
  try {
    options.signal?.throwIfAborted();
    const names = namesOf(options.namespace ?? 'tidegate');
    const addresses = {
      ...servers,
      databaseUrl: await asStep(progress, 'Schema and topics', () => prepareServers(servers, names, options.partitions)),
    };
    const keys = await seedKeys(home.dataDir, addresses.databaseUrl);
    const { plan, services } = await asStep(progress, 'Services', async () => {
      const running = await startServices({ options, addresses, names });
      return { value: running, detail: running.plan.gateway };
    });
    supervisor = services;
    await asStep(progress, 'Packs', () => applyPacks(packTarget(plan, keys.adminKey), options.packs));
    return {
      gateway: plan.gateway,
      ...keys,
      dataDir: home.dataDir,
      logDir: home.logDir,
      addresses,
      topicPrefix: names.topicPrefix,
      redisPrefix: names.redisPrefix,
      metricsPort: (name) => plan.services.find((spec) => spec.name === name)?.metricsPort ?? 0,
      services,
      kafka: started?.kafka ?? null,
      postgres: started?.postgres ?? null,
      launchArchive: () => launchArchive(home, plan),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function launchArchive(home: ProcessHome, { settings: env }: Plan): RunningProcess {
  const args = [join(repositoryRoot, 'packages/cli/src/main.ts'), 'archive', 'run'];
  return launchProcess(home, { name: 'archive', command: process.execPath, args, env, cwd: repositoryRoot });
}

function packTarget({ gateway, services }: Plan, adminKey: string): PackTarget {
  return { gateway, adminKey, metricsUrls: services.map(({ metricsPort }) => `http://127.0.0.1:${metricsPort}/metrics`) };
}

function given(servers: ServerAddresses | undefined): ServerAddresses {
  if (servers === undefined) throw new Error('no servers');
  return servers;
}

/** The order in which work drains: nothing new comes in, what came in is counted, questions are answered to the last. */
function stopOrder(names: readonly string[]): readonly string[] {
  return ['gateway', 'ingest', 'aggregator', 'query'].flatMap((service) => names.filter((name) => serviceOf(name) === service));
}

interface Plan {
  readonly gateway: string;
  /** Of every process. */
  readonly settings: Settings;
  readonly services: readonly ServiceSpec[];
}

interface Planning {
  readonly options: TidegateOptions;
  readonly addresses: ServerAddresses;
  readonly names: Names;
}

async function startServices(of: Planning): Promise<{ plan: Plan; services: Supervisor }> {
  const { home, progress } = contextOf(of.options);
  const onRestart: SupervisorOptions['onRestart'] = ({ name, pauseMs, reason }) =>
    progress.say(`! ${name} ended, again in ${pauseMs / 1000} s${reason === '' ? '' : `: ${reason}`}`);
  const choose = (failed: number): Promise<Plan> => planServices(of, failed);
  const portsOf = ({ services }: Plan): number[] =>
    services.flatMap(({ metricsPort, listenPort }) => [metricsPort, listenPort ?? metricsPort]);
  return startOnPorts({ choose, portsOf }, async (plan) => {
    of.options.signal?.throwIfAborted();
    const services = await startSupervisor({ home, services: plan.services, restarts: of.options.restarts ?? false, onRestart });
    return { plan, services };
  });
}

async function planServices({ options, addresses, names }: Planning, failed: number): Promise<Plan> {
  const processes = processNames(options);
  const { gateway, metrics } = await (options.choosePorts ?? freePorts)(processes.length, failed);
  const ports = await listenPorts(processes, gateway);
  const fronts = frontsOf(options, ports);
  const shared = {
    KAFKA_BROKERS: addresses.kafkaBrokers,
    DATABASE_URL: addresses.databaseUrl,
    REDIS_URL: addresses.redisUrl,
    TOPIC_PREFIX: names.topicPrefix,
    REDIS_PREFIX: names.redisPrefix,
    LISTEN_HOST: '127.0.0.1',
    METRICS_HOST: '127.0.0.1',
    // Services start again quicker: types are stripped and code is compiled once (measured: 1.4 s instead of 2.2 s each).
    NODE_COMPILE_CACHE: join(homeOf(options.env ?? process.env).cacheDir, 'compiled'),
    // Who stops an installation of one machine waits for it.
    DRAIN_LINGER_MS: '1000',
    // Created by the first export.
    WAREHOUSE_FOLDER: join(options.dataDir, 'warehouse'),
    INGEST_URL: fronts.ingest,
    QUERY_URL: fronts.query,
    ...secretSettings(loadSecrets(options.dataDir)),
    ...archiveSettings(options),
    ...limitSettings(options),
    ...settingsOf(options, addresses),
  };
  const services: ServiceSpec[] = [];
  for (const [index, name] of processes.entries()) {
    const metricsPort = metrics[index] ?? (await freePort());
    services.push(specOf({ name, port: ports.get(name), metricsPort }, shared, options));
  }
  return { gateway: fronts.gateway, settings: shared, services };
}

interface Seat {
  readonly name: string;
  /** For its callers, where it has any. */
  readonly port: number | undefined;
  readonly metricsPort: number;
}

function specOf({ name, port, metricsPort }: Seat, shared: Settings, { aggregatorMain }: TidegateOptions): ServiceSpec {
  const own = port === undefined ? {} : { LISTEN_PORT: String(port), API_HOST: '127.0.0.1', API_PORT: String(port) };
  const service = serviceOf(name);
  const main = service === 'aggregator' && aggregatorMain !== undefined ? { main: aggregatorMain } : {};
  const listen = port === undefined ? {} : { listenPort: port };
  return { name, service, ...main, ...listen, env: { ...shared, ...own, METRICS_PORT: String(metricsPort) }, metricsPort };
}

async function listenPorts(processes: readonly string[], gateway: number): Promise<ReadonlyMap<string, number>> {
  const ports = new Map<string, number>();
  for (const name of processes) {
    if (isFronted(serviceOf(name))) ports.set(name, name === 'gateway' ? gateway : await freePort());
  }
  return ports;
}

/** Where each service is reached. */
function frontsOf({ front }: TidegateOptions, ports: ReadonlyMap<string, number>): Readonly<Record<FrontedService, string>> {
  const urlOf = (service: FrontedService): string => {
    const copies = [...ports].filter(([name]) => serviceOf(name) === service).map(([name, port]) => ({ name, port }));
    return front?.(service, copies) ?? `http://127.0.0.1:${ports.get(service) ?? 0}`;
  };
  return { gateway: urlOf('gateway'), ingest: urlOf('ingest'), query: urlOf('query') };
}

function isFronted(service: string): boolean {
  return FRONTED.some((fronted) => fronted === service);
}

/** The folder of a process under `services/`. */
function serviceOf(name: string): string {
  return name.replace(/-\d+$/, '');
}

function settingsOf({ settings }: TidegateOptions, addresses: ServerAddresses): Settings {
  return typeof settings === 'function' ? settings(addresses) : (settings ?? {});
}

async function freePorts(services: number): Promise<ServicePorts> {
  const metrics: number[] = [];
  while (metrics.length < services) metrics.push(await freePort());
  return { gateway: await freePort(), metrics };
}

function processNames({ copies = 1, aggregators = 1 }: TidegateOptions): readonly string[] {
  const more = Array.from({ length: copies - 1 }, (_, index) => FRONTED.map((service) => `${service}-${index + 2}`)).flat();
  return [
    ...FRONTED,
    ...more,
    ...Array.from({ length: aggregators }, (_, index) => (index === 0 ? 'aggregator' : `aggregator-${index + 1}`)),
  ];
}
