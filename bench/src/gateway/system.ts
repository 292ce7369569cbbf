import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startTidegate, type Tidegate } from '@tidegate/native';
import { startProgram } from '../program.ts';
import type { Program, Serving } from '../program.ts';

/** The gateway as `npm start` runs it, before an upstream that answers at once, and its peers before the same one. */
export interface GatewaySystem {
  readonly tidegate: Tidegate;
  readonly upstream: Serving;
  readonly gateway: Serving;
  readonly bareProxy: Serving;
  readonly rateLimiterFlexible: Serving;
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
  const run = async (file: string, env: Readonly<Record<string, string>> = {}): Promise<Serving> => {
    const program = await startProgram(join(import.meta.dirname, file), env);
    programs.push(program);
    return program;
  };
  try {
    const upstream = await run('upstream.ts');
    const UPSTREAM = `http://127.0.0.1:${upstream.port}`;
    tidegate = await startTidegate({ dataDir, packs: [], tuning: 'serve', settings: { ...settings, QUERY_URL: UPSTREAM }, signal });
    const gateway = { port: tidegate.services.port('gateway'), pid: tidegate.services.pid('gateway') };
    const bareProxy = await run('peer-proxy.ts', { UPSTREAM });
    const rateLimiterFlexible = await run('peer-proxy.ts', { UPSTREAM, REDIS_URL: tidegate.addresses.redisUrl });
    return { tidegate, upstream, gateway, bareProxy, rateLimiterFlexible, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
