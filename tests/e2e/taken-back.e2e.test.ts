import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startDatabase } from '@tidegate/native';
import { testServers } from '@tidegate/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { GROUND_DRILLS } from '../drills/catalogue.ts';
import { holdGround } from './held-ground.ts';

// Postgres is this test's own: it dies in the first drill, and what took its place is destroyed in the second.
const SECONDS = 3;
const folder = mkdtempSync(join(tmpdir(), 'tidegate-taken-back-'));
const ends: (() => Promise<void>)[] = [];
let held: Awaited<ReturnType<typeof holdGround>>;

beforeAll(async () => {
  const database = await startDatabase({
    dataDir: join(folder, 'primary'),
    env: { ...process.env, DATABASE_URL: '' },
    log: () => undefined,
  });
  ends.push(database.stop);
  const servers = { ...testServers(), databaseUrl: database.databaseUrl, postgres: database.postgres };
  held = await holdGround({ dataDir: join(folder, 'services'), servers, folder });
  ends.push(held.release);
});

afterAll(async () => {
  for (const end of ends.toReversed()) await end();
  rmSync(folder, { recursive: true, force: true });
});

test.each([
  ['a standby that lacks the last commits takes the place of a primary that died: they are counted again, once', 'failover', 'failovers'],
  ['a database is destroyed and comes back out of a backup: what was counted since is counted again, once', 'restore', 'restores'],
] as const)('%s', async (_guarantee, name, done) => {
  const ground = { ...held.ground, folder: join(folder, name) };
  const report = await GROUND_DRILLS[name]({ seed: 12, say: () => undefined, minutes: SECONDS / 60 }, ground);
  expect(report.discrepancies).toEqual([]);
  expect(report).toMatchObject({ verdict: 'pass', checks: { [done]: 1 } });
  expect(report.checks['lost_commits']).toBeGreaterThan(0);
});
