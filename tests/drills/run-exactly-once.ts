import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startTidegate } from '@tidegate/native';
import { createClient } from '@tidegate/sdk';
import { Redis } from 'ioredis';
import type { DrillOptions, DrillReport } from './drill.ts';
import { exactlyOnce } from './exactly-once.ts';

const KILLS = 30;
const PAUSE_MS_MAX = 4_000;

/** The drill on a system of its own, servers included, so that the broker can be killed too. */
export async function runExactlyOnce(options: DrillOptions): Promise<DrillReport> {
  const dataDir = mkdtempSync(join(tmpdir(), 'tidegate-drill-'));
  const tidegate = await startTidegate({
    dataDir,
    aggregators: 2,
    packs: ['wikipedia'],
    tuning: 'test',
    settings: { GROUP_SESSION_MS: '2000' },
  });
  const redis = new Redis(tidegate.addresses.redisUrl);
  try {
    const client = createClient({ gateway: tidegate.gateway, apiKey: tidegate.apiKey, patienceMs: 120_000 });
    const flushRedis = async (): Promise<void> => void (await redis.flushall());
    return await exactlyOnce({ ...options, tidegate, client, kills: KILLS, pauseMsMax: PAUSE_MS_MAX, flushRedis });
  } finally {
    redis.disconnect();
    await tidegate.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}
