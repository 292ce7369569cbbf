import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startTidegate, type Tidegate } from '@tidegate/native';

/** A proxy as the bench sees it. */
export interface Proxied {
  readonly port: number;
  readonly pid: number;
}

/** The gateway as `npm start` runs it, before an upstream that answers at once, and its peers before the same one. */
export interface GatewaySystem {
  readonly tidegate: Tidegate;
  readonly upstream: Proxied;
  readonly gateway: Proxied;
  readonly bareProxy: Proxied;
  readonly rateLimiterFlexible: Proxied;
  stop(): Promise<void>;
}

interface Start {
  readonly settings: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

export async function startGatewaySystem({ settings, signal }: Start): Promise<GatewaySystem> {
  const dataDir = mkdtempSync(join(tmpdir(), 'tidegate-bench-'));
  const programs: Program[] = [];
  let tidegate: Tidegate | null = null;
  const stop = async (): Promise<void> => {
    for (const program of programs) await program.stop();
    await tidegate?.stop();
    rmSync(dataDir, { recursive: true, force: true });
  };
  const run = async (file: string, env: Readonly<Record<string, string>> = {}): Promise<Proxied> => {
    const program = await startProgram(file, env);
    programs.push(program);
    return program;
  };
  try {
    const upstream = await run('upstream.ts');
    const UPSTREAM = `http://127.0.0.1:${upstream.port}`;
    tidegate = await startTidegate({ dataDir, packs: [], tuning: 'serve', settings: { ...settings, QUERY_URL: UPSTREAM }, signal });
    const gateway = { port: Number(new URL(tidegate.gateway).port), pid: tidegate.services.pid('gateway') };
    const bareProxy = await run('peer-proxy.ts', { UPSTREAM });
    const rateLimiterFlexible = await run('peer-proxy.ts', { UPSTREAM, REDIS_URL: tidegate.addresses.redisUrl });
    return { tidegate, upstream, gateway, bareProxy, rateLimiterFlexible, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

interface Program extends Proxied {
  stop(): Promise<void>;
}

/** A program of this folder; it is up when it has printed its port. */
async function startProgram(file: string, env: Readonly<Record<string, string>>): Promise<Program> {
  const { REDIS_URL: _, ...inherited } = process.env;
  const child: ChildProcess = spawn(process.execPath, [join(import.meta.dirname, file)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...inherited, ...env },
  });
  const ended = once(child, 'exit');
  const printed = child.stdout === null ? [] : await Promise.race([once(child.stdout, 'data'), ended]);
  const port = Number(printed[0]);
  if (child.exitCode !== null || !(port > 0)) throw new Error(`${file} did not start`);
  return {
    port,
    pid: child.pid ?? 0,
    async stop() {
      if (child.kill('SIGTERM')) await ended;
    },
  };
}
