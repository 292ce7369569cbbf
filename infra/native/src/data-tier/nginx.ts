import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { launchProcess, type RunningProcess } from '../child-process.ts';
import { makePrivateFolder } from '../home.ts';
import { freePort, isPortFree, startOnPorts } from '../port.ts';
import { signalAll, treeOf } from '../process-tree.ts';
import { acceptsConnections, waitUntil } from '../readiness.ts';
import { contextOf, type ServerOptions } from '../servers.ts';
import { fillConfig } from './config-file.ts';
import { provideNginx } from './programs.ts';

export interface Nginx {
  readonly ports: NginxPorts;
  /** For callers: `https://127.0.0.1:…`. */
  readonly url: string;
  /** New connections go to these from here on; those that are open are served to their end. */
  leadTo(gatewayPorts: readonly number[]): void;
  kill(): Promise<void>;
  /** Again, at the same addresses, after it was killed. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export interface NginxPorts {
  readonly http: number;
  readonly https: number;
}

export interface NginxOptions extends ServerOptions {
  readonly certificate: { readonly cert: string; readonly key: string };
  readonly gatewayPorts: readonly number[];
  /** A port near to a usual one; default any that is free. */
  readonly choosePort?: (usual: number) => Promise<number>;
}

export async function startNginx(options: NginxOptions): Promise<Nginx> {
  const { home, cacheDir, env, progress, signal } = contextOf(options);
  const command = await provideNginx({ cacheDir, dataDir: home.dataDir, path: env['PATH'], signal }, progress);
  const folder = makePrivateFolder(join(home.dataDir, 'nginx'));
  const config = join(folder, 'nginx.conf');
  writeFileSync(join(folder, 'certificate.pem'), options.certificate.cert);
  writeFileSync(join(folder, 'key.pem'), options.certificate.key, { mode: 0o600 });
  chmodSync(join(folder, 'key.pem'), 0o600);
  const write = (ports: NginxPorts, gateways: readonly number[]): void => writeFileSync(config, configOf(ports, gateways));
  const launch = async (ports: NginxPorts): Promise<RunningProcess> => {
    const running = launchProcess(home, { name: 'nginx', command, args: ['-p', folder, '-c', config], cwd: folder, stopSignal: 'SIGTERM' });
    await waitUntil({ what: 'nginx', process: running, withinMs: 20_000, isReady: () => acceptsConnections(running, ports.https) });
    return running;
  };
  const { choosePort = freePort, gatewayPorts } = options;
  const choose = async (): Promise<NginxPorts> => ({ http: await choosePort(8080), https: await choosePort(8443) });
  return startOnPorts({ choose, portsOf: Object.values }, async (ports) => {
    write(ports, gatewayPorts);
    let running = await launch(ports);
    return {
      ports,
      url: `https://127.0.0.1:${ports.https}`,
      leadTo(gateways) {
        write(ports, gateways);
        signalAll([running.pid], 'SIGHUP');
      },
      async kill() {
        // Its workers too: they would go on without it. They are no children of ours: the port tells when they are gone.
        signalAll(treeOf(running.pid), 'SIGKILL');
        await running.exited;
        while (!(await isPortFree(ports.https))) await delay(10);
      },
      async restart() {
        running = await launch(ports);
      },
      stop: () => running.stop(),
    };
  });
}

/** As root workers stay root: another account could not enter the data folder. */
function configOf({ http, https }: NginxPorts, gatewayPorts: readonly number[]): string {
  const gateways = gatewayPorts.map((port) => `    server 127.0.0.1:${port} max_fails=1 fail_timeout=3s;`).join('\n');
  const user = process.getuid?.() === 0 ? 'user root;' : '';
  // Without gateways it has to start all the same; nobody listens there.
  return fillConfig('nginx.conf', {
    user,
    httpPort: http,
    httpsPort: https,
    gateways: gateways === '' ? '    server 127.0.0.1:9;' : gateways,
  });
}
