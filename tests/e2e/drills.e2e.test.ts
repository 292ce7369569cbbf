import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testServers } from '@tidegate/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { GROUND_DRILLS } from '../drills/catalogue.ts';
import { holdGround } from './held-ground.ts';

// Drills that anyone can run longer with `npm run drill -- <name>`, one after the other on one system.
const SECONDS = 4;
const folder = mkdtempSync(join(tmpdir(), 'tidegate-drills-'));
let held: Awaited<ReturnType<typeof holdGround>>;

beforeAll(async () => {
  held = await holdGround({ dataDir: join(folder, 'services'), servers: testServers(), folder });
});

afterAll(async () => {
  await held.release();
  rmSync(folder, { recursive: true, force: true });
});

test.each([
  ['a third of what is sent is poison: each has its row, and no other event waits for it', 'poison'],
  ['everything in the log is appended to it a second time: no event counts twice', 'duplicates'],
  ['each statement of Postgres takes two seconds: nothing is lost when that is over', 'slow-postgres'],
  ['members leave the group and join it all the time: no event is lost or doubled', 'rebalance-storm'],
  ['the audit takes no record, then its chain does not: no change of an admin is unaudited, and the chain is whole', 'audit'],
  ['clocks of senders are wrong: each event lies in its own day, none in the future', 'clocks'],
] as const)('%s', async (_guarantee, name) => {
  const report = await GROUND_DRILLS[name](
    { seed: 11, say: () => undefined, minutes: SECONDS / 60 },
    { ...held.ground, folder: join(folder, name) },
  );
  expect(report.discrepancies).toEqual([]);
  expect(report.verdict).toBe('pass');
});
