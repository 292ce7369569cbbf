import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { Agent, get } from 'node:https';
import { join } from 'node:path';
import { launchProcess, type ProcessHome, type RunningProcess } from './child-process.ts';
import { provideControlPlane, type ControlPlanePrograms } from './control-plane-programs.ts';
import { makePrivateFolder } from './home.ts';
import { freePort, startOnPorts } from './port.ts';
import { asStep } from './progress.ts';
import { acceptsConnections, waitUntil } from './readiness.ts';
import { contextOf, type ServerOptions } from './servers.ts';

const WITHIN_MS = 60_000;
/** Autoscalers are looked at each 15 s by default: a test would wait for that. */
const AUTOSCALER_PERIOD = '1s';

export interface ControlPlane {
  /** Path of the configuration that `kubectl` and `helm` take; its user may do everything. */
  readonly kubeconfig: string;
  stop(): Promise<void>;
}

interface Ports {
  readonly store: number;
  readonly peers: number;
  readonly api: number;
  readonly nodes: number;
}

interface Plane {
  readonly home: ProcessHome;
  readonly programs: ControlPlanePrograms;
  readonly ports: Ports;
  readonly folder: string;
  readonly kubeconfig: string;
  readonly token: string;
}

/**
 * A real control plane of Kubernetes on loopback: its store, API server, controllers and scheduler. Nodes, once somebody makes
 * some, are kwok's: pods on them are started, ready and ended, and run nothing.
 */
export async function startControlPlane(options: ServerOptions): Promise<ControlPlane> {
  const context = contextOf(options);
  const of = { cacheDir: context.cacheDir, dataDir: options.dataDir, path: context.env['PATH'], signal: context.signal };
  const programs = await provideControlPlane(of, context.progress);
  const choose = async (): Promise<Ports> => {
    return { store: await freePort(), peers: await freePort(), api: await freePort(), nodes: await freePort() };
  };
  return asStep(context.progress, 'Control plane starts', async () => {
    const plane = await startOnPorts({ choose, portsOf: Object.values }, (ports) => start(context.home, programs, ports));
    return { value: plane, detail: `Kubernetes 1.36.3` };
  });
}

async function start(home: ProcessHome, programs: ControlPlanePrograms, ports: Ports): Promise<ControlPlane> {
  const folder = makePrivateFolder(join(home.dataDir, `control-plane-${ports.api}`));
  const plane: Plane = { home, programs, ports, folder, kubeconfig: join(folder, 'kubeconfig'), token: randomBytes(24).toString('hex') };
  const started: RunningProcess[] = [];
  // What writes goes before what is written to.
  const stop = async (): Promise<void> => {
    for (const one of started.toReversed()) await one.stop(10_000);
  };
  try {
    writeKeys(plane);
    started.push(await startStore(plane));
    started.push(await startApi(plane));
    writeKubeconfig(plane);
    started.push(startControllers(plane), startScheduler(plane), startNodes(plane));
    return { kubeconfig: plane.kubeconfig, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function launch({ home, programs, folder }: Plane, program: string, args: readonly string[]): RunningProcess {
  return launchProcess(home, { name: program, command: programs.path(program), args, cwd: folder });
}

/** Pairs of keys with which tokens of service accounts are signed, and the token of who may do everything. */
function writeKeys({ folder, token }: Plane): void {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
  const write = (name: string, content: string | Buffer): void => writeFileSync(join(folder, name), content, { mode: 0o600 });
  write('accounts.key', privateKey.export({ type: 'pkcs1', format: 'pem' }));
  write('accounts.pub', publicKey.export({ type: 'spki', format: 'pem' }));
  write('tokens.csv', `${token},operator,operator,system:masters\n`);
}

async function startStore(plane: Plane): Promise<RunningProcess> {
  const { ports, folder } = plane;
  const [clients, peers] = [`http://127.0.0.1:${ports.store}`, `http://127.0.0.1:${ports.peers}`];
  const running = launch(plane, 'etcd', [
    `--data-dir=${join(folder, 'store')}`,
    `--listen-client-urls=${clients}`,
    `--advertise-client-urls=${clients}`,
    `--listen-peer-urls=${peers}`,
    `--initial-advertise-peer-urls=${peers}`,
    `--initial-cluster=default=${peers}`,
    // It lives as long as the tests do.
    '--unsafe-no-fsync=true',
  ]);
  await waitUntil({ what: 'etcd', process: running, withinMs: WITHIN_MS, isReady: () => acceptsConnections(running, ports.store) });
  return running;
}

async function startApi(plane: Plane): Promise<RunningProcess> {
  const { ports, folder } = plane;
  const running = launch(plane, 'kube-apiserver', [
    `--etcd-servers=http://127.0.0.1:${ports.store}`,
    `--secure-port=${ports.api}`,
    '--bind-address=127.0.0.1',
    `--cert-dir=${join(folder, 'certificates')}`,
    '--authorization-mode=RBAC',
    `--token-auth-file=${join(folder, 'tokens.csv')}`,
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${join(folder, 'accounts.pub')}`,
    `--service-account-signing-key-file=${join(folder, 'accounts.key')}`,
    '--service-cluster-ip-range=10.96.0.0/16',
    '--endpoint-reconciler-type=none',
  ]);
  await waitUntil({ what: 'kube-apiserver', process: running, withinMs: WITHIN_MS, isReady: () => isReady(plane) });
  return running;
}

function isReady({ ports, token }: Plane): Promise<boolean> {
  const agent = new Agent({ rejectUnauthorized: false, keepAlive: false });
  return new Promise((resolve) => {
    const request = get({ host: '127.0.0.1', port: ports.api, path: '/readyz', agent, headers: { authorization: `Bearer ${token}` } });
    request.once('response', (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    request.once('error', () => resolve(false));
    request.setTimeout(2_000, () => request.destroy());
  });
}

/** The server's certificate is its own authority. */
function writeKubeconfig({ folder, ports, token, kubeconfig }: Plane): void {
  const authority = readFileSync(join(folder, 'certificates/apiserver.crt')).toString('base64');
  const cluster = { server: `https://127.0.0.1:${ports.api}`, 'certificate-authority-data': authority };
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'tests', cluster }],
    users: [{ name: 'operator', user: { token } }],
    contexts: [{ name: 'tests', context: { cluster: 'tests', user: 'operator' } }],
    'current-context': 'tests',
  };
  // JSON is YAML.
  writeFileSync(kubeconfig, JSON.stringify(config), { mode: 0o600 });
}

function startControllers(plane: Plane): RunningProcess {
  return launch(plane, 'kube-controller-manager', [
    `--kubeconfig=${plane.kubeconfig}`,
    `--service-account-private-key-file=${join(plane.folder, 'accounts.key')}`,
    `--root-ca-file=${join(plane.folder, 'certificates/apiserver.crt')}`,
    '--use-service-account-credentials',
    '--leader-elect=false',
    '--secure-port=0',
    `--horizontal-pod-autoscaler-sync-period=${AUTOSCALER_PERIOD}`,
  ]);
}

function startScheduler(plane: Plane): RunningProcess {
  return launch(plane, 'kube-scheduler', [`--kubeconfig=${plane.kubeconfig}`, '--leader-elect=false', '--secure-port=0']);
}

function startNodes(plane: Plane): RunningProcess {
  const stages = plane.programs.stages.map((file) => `--config=${file}`);
  const own = [`--kubeconfig=${plane.kubeconfig}`, '--manage-all-nodes=true', `--server-address=127.0.0.1:${plane.ports.nodes}`];
  return launch(plane, 'kwok', [...own, ...stages]);
}
