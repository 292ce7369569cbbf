import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { launchProcess, type ProcessHome, type RunningProcess } from '../child-process.ts';
import { makePrivateFolder } from '../home.ts';
import { acceptsConnections, waitUntil } from '../readiness.ts';
import { fillConfig } from './config-file.ts';
import type { MemberPorts } from './patroni.ts';
import type { Program } from './programs.ts';

export interface HaproxyOptions {
  readonly home: ProcessHome;
  readonly haproxy: Program;
  readonly ports: { readonly primary: number; readonly standby: number };
  readonly members: readonly MemberPorts[];
}

/** Leads to whoever is the primary, and to a standby. */
export async function startHaproxy({ home, haproxy, ports, members }: HaproxyOptions): Promise<RunningProcess> {
  const folder = makePrivateFolder(join(home.dataDir, 'haproxy'));
  const config = join(folder, 'haproxy.cfg');
  const servers = members.map(({ port, rest }, at) => `  server postgres-${at + 1} 127.0.0.1:${port} check port ${rest}`).join('\n');
  writeFileSync(config, fillConfig('haproxy.cfg', { primaryPort: ports.primary, standbyPort: ports.standby, servers }), { mode: 0o600 });
  const args = ['-db', '-f', config];
  const running = launchProcess(home, { name: 'haproxy', command: haproxy.command, args, env: haproxy.env, cwd: folder });
  await waitUntil({ what: 'HAProxy', process: running, withinMs: 20_000, isReady: () => acceptsConnections(running, ports.primary) });
  return running;
}
