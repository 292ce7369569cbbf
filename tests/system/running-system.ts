import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startTidegate, type Tidegate, type TidegateOptions } from '@tidegate/native';
import { createClient, type Client } from '@tidegate/sdk';
import { testServers } from '@tidegate/testkit';

/** The whole system as processes on the test servers, in a namespace of its own. */
export interface RunningSystem {
  readonly tidegate: Tidegate;
  readonly client: Client;
  readonly admin: Client;
  stop(): Promise<void>;
}

/** Starts gateway, ingest, query and aggregators; `name` keeps topics, database and Redis keys apart from other tests'. */
export async function startSystem(name: string, options: Partial<TidegateOptions> = {}): Promise<RunningSystem> {
  const dataDir = mkdtempSync(join(tmpdir(), `tidegate-${name}-`));
  const namespace = `${name}_${process.pid}_${(Date.now() % 1_000_000).toString(36)}`;
  const tidegate = await startTidegate({ dataDir, servers: testServers(), namespace, tuning: 'test', ...options });
  return {
    tidegate,
    client: createClient({ gateway: tidegate.gateway, apiKey: tidegate.apiKey }),
    admin: createClient({ gateway: tidegate.gateway, apiKey: tidegate.adminKey }),
    async stop() {
      await tidegate.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
