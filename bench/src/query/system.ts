import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadSecrets, startTidegate, type Tidegate } from '@tidegate/native';
import { CALLER_HEADER, signCaller } from '@tidegate/http';
import { deriveKey } from '@tidegate/runtime';
import { createClient } from '@tidegate/sdk';
import { startProgram } from '../program.ts';
import type { Program, Serving } from '../program.ts';
import { PACK } from './pack.ts';

/** The whole system, its query service as its own gateway reaches it, and a bare server that gives bytes out of the same Redis. */
export interface QuerySystem {
  readonly tidegate: Tidegate;
  readonly query: Serving;
  readonly bare: Serving;
  /** What the gateway would tell the query service of a caller now: it takes that for a minute. */
  headers(): Readonly<Record<string, string>>;
  /** A GET with them, as it is written. */
  request(path: string): string;
  stop(): Promise<void>;
}

interface Start {
  readonly settings: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/** Where the bare server finds what it gives out. */
export const BARE_KEY = 'tidegate_bench_bare';
const TENANT = 'demo';

export async function startQuerySystem({ settings, signal }: Start): Promise<QuerySystem> {
  const dataDir = mkdtempSync(join(tmpdir(), 'tidegate-bench-'));
  let bare: Program | null = null;
  let tidegate: Tidegate | null = null;
  const stop = async (): Promise<void> => {
    await bare?.stop();
    await tidegate?.stop();
    rmSync(dataDir, { recursive: true, force: true });
  };
  try {
    tidegate = await startTidegate({ dataDir, packs: [], tuning: 'serve', settings, signal });
    await createClient({ gateway: tidegate.gateway, apiKey: tidegate.adminKey }).applyPack(PACK);
    bare = await startProgram(join(import.meta.dirname, 'bare-redis.ts'), { REDIS_URL: tidegate.addresses.redisUrl, KEY: BARE_KEY });
    const query = { port: tidegate.services.port('query'), pid: tidegate.services.pid('query') };
    const callerKey = deriveKey(Buffer.from(loadSecrets(dataDir).secretKey), 'tidegate/caller', 32);
    const caller = { tenant: TENANT, keyId: 'bench', scopes: ['query:read', 'live:read'] };
    const headers = (): Record<string, string> => ({
      accept: 'application/json',
      [CALLER_HEADER]: signCaller(callerKey, caller, Date.now()),
    });
    const request = (path: string): string => {
      const lines = Object.entries(headers()).map(([name, value]) => `${name}: ${value}\r\n`);
      return `GET ${path} HTTP/1.1\r\nhost: 127.0.0.1:${query.port}\r\n${lines.join('')}\r\n`;
    };
    return { tidegate, query, bare, headers, request, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
