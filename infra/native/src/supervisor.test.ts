import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PROCESS_HEADER } from '@tidegate/telemetry';
import { afterAll, afterEach, expect, it } from 'vitest';
import { freePort } from './port.ts';
import { processHome } from './servers.ts';
import { startSupervisor } from './supervisor.ts';
import type { ServiceSpec } from './supervisor.ts';

const dataDir = mkdtempSync(join(tmpdir(), 'tidegate-supervisor-'));
const home = processHome(dataDir);
let other: Server | null = null;
afterEach(async () => {
  other?.closeAllConnections();
  await new Promise((resolve) => (other === null ? resolve(null) : other.close(resolve)));
  other = null;
});
afterAll(() => rmSync(dataDir, { recursive: true, force: true }));

/** A service of another installation that answers the probes of the port, with its own process id or an older version's none. */
async function otherInstallation(port: number, headers: Readonly<Record<string, string>>): Promise<Server> {
  other = createServer((_request, response) => response.writeHead(200, headers).end('ok\n'));
  other.listen(port, '127.0.0.1');
  await once(other, 'listening');
  return other;
}

/** A service that opens its probes after `afterMs`, its own port 100 ms later, and ends when one is taken, as services do. */
function service(name: string, metricsPort: number, { afterMs = 0, listenPort = 0 }): ServiceSpec {
  const main = join(dataDir, `${name}.mjs`);
  const probes = `createServer((_, response) => response.writeHead(200, { '${PROCESS_HEADER}': process.pid }).end('ok'))`;
  writeFileSync(
    main,
    `import { createServer } from 'node:http';
setTimeout(() => ${probes}.listen(Number(process.env.METRICS_PORT), '127.0.0.1'), ${afterMs});
setTimeout(() => createServer().listen(${listenPort}, '127.0.0.1'), ${afterMs + 100});
process.on('SIGTERM', () => process.exit(0));`,
  );
  return {
    name,
    service: name,
    main,
    env: { METRICS_PORT: String(metricsPort) },
    metricsPort,
    ...(listenPort === 0 ? {} : { listenPort }),
  };
}

it.each([
  ['another process id', { [PROCESS_HEADER]: String(process.pid) }],
  ['no process id', {}],
])('a service is not ready because another installation answers on its port with %s', async (_, headers) => {
  const port = await freePort();
  await otherInstallation(port, headers);
  const started = startSupervisor({ home, services: [service('late', port, { afterMs: 300 })], restarts: false });
  await expect(started).rejects.toThrow(/late ended while starting .*EADDRINUSE/s);
});

it('a service is not ready while the port for its callers is another program\u2019s', async () => {
  const listenPort = await freePort();
  await otherInstallation(listenPort, {});
  const started = startSupervisor({ home, services: [service('mute', await freePort(), { listenPort })], restarts: false });
  await expect(started).rejects.toThrow(/mute ended while starting .*EADDRINUSE/s);
});

it('a service that died is not back because another installation took its port', async () => {
  const port = await freePort();
  const supervisor = await startSupervisor({ home, services: [service('died', port, {})], restarts: false });
  await supervisor.kill('died');
  await otherInstallation(port, { [PROCESS_HEADER]: String(process.pid) });
  await expect(supervisor.ready('died', 200)).rejects.toThrow('did not come back');
  await supervisor.stop(['died']);
});

it('a service that cannot come back says why at each try, and is back once the reason is gone', async () => {
  const port = await freePort();
  const said: string[] = [];
  const onRestart = ({ reason }: { readonly reason: string }): void => void said.push(reason);
  const supervisor = await startSupervisor({ home, services: [service('tries', port, {})], restarts: true, onRestart });
  await supervisor.kill('tries');
  await otherInstallation(port, {});
  await expect.poll(() => said.at(-1)).toContain('EADDRINUSE');
  other?.close();
  await supervisor.ready('tries');
  await supervisor.stop(['tries']);
});
