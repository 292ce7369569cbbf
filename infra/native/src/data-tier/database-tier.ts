import { startPgBouncer, type PgBouncer } from '../pgbouncer.ts';
import { freePort, startOnPorts } from '../port.ts';
import { asStep } from '../progress.ts';
import { contextOf, postgresPrograms, type ServerOptions } from '../servers.ts';
import { startHaproxy } from './haproxy.ts';
import { startPatroni, type MemberPorts, type PatroniCluster } from './patroni.ts';
import { provideEtcd, provideHaproxy, providePatroni } from './programs.ts';

const MEMBERS = 3;
/** As in k8s/dependencies/cloudnative-pg/pooler.yaml. */
const POOL = { sessionsMax: 25, sessionsMin: 10 };
/** Who connects: the services take roles of their own. */
const LOGINS = ['postgres'];

/** Postgres with two standbys under Patroni, and the three addresses that services have of it. */
export interface DatabaseTier {
  /** By way of PgBouncer to the primary. */
  readonly pooledUrl: string;
  /** Past PgBouncer to the primary, whichever member that is: for what needs a session. */
  readonly primaryUrl: string;
  /** To a standby that follows. */
  readonly standbyUrl: string;
  readonly patroni: PatroniCluster;
  readonly pooler: PgBouncer;
  readonly ports: DatabasePorts;
  stop(): Promise<void>;
}

export interface DatabasePorts {
  readonly etcd: number;
  readonly etcdPeers: number;
  readonly members: readonly MemberPorts[];
  readonly primary: number;
  readonly standby: number;
}

export interface DatabaseTierOptions extends ServerOptions {
  /** A port near to a usual one; default any that is free. */
  readonly choosePort?: (usual: number) => Promise<number>;
}

/** etcd, three members of Patroni's, HAProxy and PgBouncer, on loopback; resolves when both standbys stream. */
export async function startDatabaseTier(options: DatabaseTierOptions): Promise<DatabaseTier> {
  const context = contextOf(options);
  const { home, progress } = context;
  const of = { cacheDir: context.cacheDir, dataDir: home.dataDir, path: context.env['PATH'], signal: context.signal };
  const patroni = await providePatroni(of, progress);
  const etcd = await provideEtcd(of, progress);
  const haproxy = await provideHaproxy(of, progress);
  const binaries = await postgresPrograms(options);
  const choosePort = options.choosePort ?? freePort;
  const choose = (): Promise<DatabasePorts> => choosePorts(choosePort);
  const portsOf = ({ members, ...one }: DatabasePorts): number[] => [
    ...Object.values(one),
    ...members.flatMap(({ port, rest }) => [port, rest]),
  ];
  return startOnPorts({ choose, portsOf }, async (ports) => {
    const cluster = await asStep(progress, 'Postgres under Patroni', async () => {
      return { value: await startPatroni({ home, patroni, etcd, binaries, ports }), detail: `${MEMBERS} members` };
    });
    const started: { stop(): Promise<void> }[] = [cluster];
    const stop = async (): Promise<void> => {
      for (const one of started.toReversed()) await one.stop();
    };
    try {
      started.push(await startHaproxy({ home, haproxy, ports, members: ports.members }));
      const primaryUrl = `postgres://postgres@127.0.0.1:${ports.primary}/postgres`;
      const pooler = await startPgBouncer({
        ...options,
        ...POOL,
        databaseUrl: primaryUrl,
        users: LOGINS,
        choosePort: () => choosePort(6432),
      });
      started.push(pooler);
      const standbyUrl = `postgres://postgres@127.0.0.1:${ports.standby}/postgres`;
      return { pooledUrl: pooler.through(primaryUrl), primaryUrl, standbyUrl, patroni: cluster, pooler, ports, stop };
    } catch (error) {
      await stop();
      throw error;
    }
  });
}

async function choosePorts(choose: (usual: number) => Promise<number>): Promise<DatabasePorts> {
  const members: MemberPorts[] = [];
  for (let at = 1; at <= MEMBERS; at += 1) members.push({ port: await choose(5432 + 10 * at), rest: await choose(8008 + 10 * at) });
  return { etcd: await choose(2379), etcdPeers: await choose(2479), members, primary: await choose(5500), standby: await choose(5600) };
}

/** What services are told, so that transactions go by way of the pooler, sessions past it, and readings to a standby. */
export function databaseSettings({ pooler, standbyUrl }: DatabaseTier, primaryUrl: string): Readonly<Record<string, string>> {
  const onStandby = Object.assign(new URL(primaryUrl), { port: new URL(standbyUrl).port }).toString();
  return {
    DATABASE_URL: pooler.through(primaryUrl),
    DATABASE_POOLER: 'transaction',
    DATABASE_DIRECT_URL: primaryUrl,
    DATABASE_REPLICA_URL: onStandby,
  };
}
