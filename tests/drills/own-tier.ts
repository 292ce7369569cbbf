import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { databaseSettings, startDatabaseTier, startServers, startTidegate, type DatabaseTier, type Tidegate } from '@tidegate/native';
import { createClient, type Client } from '@tidegate/sdk';
import type { Drill, DrillOptions, DrillReport } from './drill.ts';
import { drillFolder, GROUP_SESSION_MS, ownEnvironment } from './own-system.ts';

/** A system whose database has a primary, two standbys and a pooler: services use all three addresses. */
export interface TierGround {
  readonly tidegate: Tidegate;
  readonly client: Client;
  readonly folder: string;
  readonly tier: DatabaseTier;
}

/** Runs a drill on a data tier of its own. */
export function onOwnTier(name: string, drill: (options: DrillOptions, ground: TierGround) => Promise<DrillReport>): Drill {
  return async (options) => {
    const { folder = drillFolder(name, options.seed), say } = options;
    const dataDir = mkdtempSync(join(tmpdir(), 'tidegate-tier-'));
    const part = (of: string): string => join(dataDir, of);
    const env = ownEnvironment();
    // Of the folder itself, which others may pass then: as root Postgres may have to run under another account.
    const tier = await startDatabaseTier({ dataDir, env, log: say });
    try {
      const servers = await startServers({ dataDir: part('servers'), tuning: 'test', env: { ...env, DATABASE_URL: tier.primaryUrl } });
      try {
        const tidegate = await startTidegate({
          ...{ dataDir: part('services'), servers, packs: ['wikipedia'], tuning: 'test', aggregators: 2 },
          settings: ({ databaseUrl }) => ({ GROUP_SESSION_MS, ...databaseSettings(tier, databaseUrl) }),
        });
        const client = createClient({ gateway: tidegate.gateway, apiKey: tidegate.apiKey, patienceMs: 120_000 });
        try {
          return await drill(options, { tidegate, client, folder, tier });
        } finally {
          await tidegate.stop();
        }
      } finally {
        await servers.stop();
      }
    } finally {
      await tier.stop();
      rmSync(dataDir, { recursive: true, force: true });
    }
  };
}
