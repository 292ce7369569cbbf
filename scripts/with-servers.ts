import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startServers } from '@tidegate/native';
import type { Tally } from './tally.ts';
import { failure } from './tally.ts';

/** Servers given by KAFKA_BROKERS, DATABASE_URL and REDIS_URL are used as they are; the others are started and ended here. */
export async function withServers(test: (env: Readonly<Record<string, string>>) => Promise<Tally>): Promise<Tally> {
  const dataDir = mkdtempSync(join(tmpdir(), 'tidegate-test-'));
  try {
    const servers = await startServers({ dataDir });
    try {
      return await test({ KAFKA_BROKERS: servers.kafkaBrokers, DATABASE_URL: servers.databaseUrl, REDIS_URL: servers.redisUrl });
    } finally {
      await servers.stop();
    }
  } catch (error) {
    // An absent server is a failure, never a skip.
    return failure(`servers: ${error instanceof Error ? error.message : 'could not be started'}`);
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
}
