import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startDatabase } from '@tidegate/native';
import { migrate } from '@tidegate/postgres';
import { retry } from '@tidegate/runtime';
import { startCpuWindow } from './machine.ts';
import type { CpuWindow } from './machine.ts';
import { withClient } from './with-client.ts';

/** A migrated database of a bench that needs no other server. */
export interface BenchDatabase {
  readonly url: string;
  /** Of this process and of the database server, where it was started here. */
  window(): CpuWindow;
  stop(): Promise<void>;
}

const NAME = `tidegate_bench_${process.pid}`;

export async function startBenchDatabase(signal: AbortSignal): Promise<BenchDatabase> {
  const dataDir = mkdtempSync(join(tmpdir(), 'tidegate-bench-'));
  const server = await startDatabase({ dataDir, tuning: 'serve', signal });
  const url = Object.assign(new URL(server.databaseUrl), { pathname: `/${NAME}` }).toString();
  await retry(async () => once(server.databaseUrl, `CREATE DATABASE ${NAME}`), { firstMs: 100, capMs: 1_000, attempts: 60, signal });
  await migrate({ databaseUrl: url });
  return {
    url,
    // A server that is started here is a child of this process.
    window: () => startCpuWindow(process.pid, () => performance.now()),
    async stop() {
      await once(server.databaseUrl, `DROP DATABASE ${NAME} WITH (FORCE)`);
      await server.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

async function once(databaseUrl: string, text: string): Promise<void> {
  await withClient(databaseUrl, async (client) => client.query(text));
}
