import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startTidegate, type Tidegate, type TidegateOptions } from '@tidegate/native';
import { createClient, type Client } from '@tidegate/sdk';
import { Redis } from 'ioredis';
import type { DrillOptions, DrillReport } from './drill.ts';
import { exactlyOnce } from './exactly-once.ts';
import { flushBoundaries } from './flush-boundaries.ts';

const KILLS = 30;
const PAUSE_MS_MAX = 1_500;
/** A drill waits for many dead members; the shipped 8 s would make it long without proving more. */
const GROUP_SESSION_MS = '2000';

/** Kills at seeded moments, on a system of its own, servers included, so that the broker can be killed too. */
export function runExactlyOnce(options: DrillOptions): Promise<DrillReport> {
  return onOwnSystem({ aggregators: 2 }, async (tidegate, client) => {
    const redis = new Redis(tidegate.addresses.redisUrl);
    try {
      const flushRedis = async (): Promise<void> => void (await redis.flushall());
      return await exactlyOnce({ ...options, tidegate, client, kills: KILLS, pauseMsMax: PAUSE_MS_MAX, flushRedis });
    } finally {
      redis.disconnect();
    }
  });
}

/** Kills at every boundary between two steps. */
export function runFlushBoundaries(options: DrillOptions): Promise<DrillReport> {
  const faultFile = join(mkdtempSync(join(tmpdir(), 'tidegate-fault-')), 'point');
  const aggregatorMain = fileURLToPath(new URL('./faulty-aggregator.ts', import.meta.url));
  return onOwnSystem({ aggregatorMain, settings: { FAULT_FILE: faultFile } }, (tidegate, client) =>
    flushBoundaries({ ...options, tidegate, client, faultFile }),
  );
}

async function onOwnSystem(
  given: Partial<TidegateOptions>,
  drill: (tidegate: Tidegate, client: Client) => Promise<DrillReport>,
): Promise<DrillReport> {
  const dataDir = mkdtempSync(join(tmpdir(), 'tidegate-drill-'));
  const { KAFKA_BROKERS: _kafka, DATABASE_URL: _database, REDIS_URL: _redis, ...env } = process.env;
  const settings = { ...given.settings, GROUP_SESSION_MS };
  const tidegate = await startTidegate({ packs: ['wikipedia'], tuning: 'test', env, ...given, dataDir, settings });
  try {
    const client = createClient({ gateway: tidegate.gateway, apiKey: tidegate.apiKey, patienceMs: 120_000 });
    return await drill(tidegate, client);
  } finally {
    await tidegate.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}
