import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testServers } from '@tidegate/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { GROUND_DRILLS, type Ground } from '../drills/catalogue.ts';
import { withGround } from '../drills/own-system.ts';

// Drills that anyone can run longer with `npm run drill -- <name>`, one after the other on one system.
const SECONDS = 4;
const folder = mkdtempSync(join(tmpdir(), 'tidegate-drills-'));
const over = Promise.withResolvers<void>();
const opened = Promise.withResolvers<Ground>();
let running: Promise<void> = Promise.resolve();

beforeAll(async () => {
  const namespace = `drills_${process.pid}_${(Date.now() % 1_000_000).toString(36)}`;
  running = withGround({ dataDir: join(folder, 'services'), servers: testServers(), folder, namespace }, async (ground) => {
    opened.resolve(ground);
    await over.promise;
  });
  running.catch(opened.reject);
  await opened.promise;
});

afterAll(async () => {
  over.resolve();
  await running;
  rmSync(folder, { recursive: true, force: true });
});

test.each([
  ['a third of what is sent is poison: each has its row, and no other event waits for it', 'poison'],
  ['everything in the log is appended to it a second time: no event counts twice', 'duplicates'],
  ['each statement of Postgres takes two seconds: nothing is lost when that is over', 'slow-postgres'],
  ['members leave the group and join it all the time: no event is lost or doubled', 'rebalance-storm'],
  ['clocks of senders are wrong: each event lies in its own day, none in the future', 'clocks'],
] as const)('%s', async (_guarantee, name) => {
  const ground = await opened.promise;
  const report = await GROUND_DRILLS[name](
    { seed: 11, say: () => undefined, minutes: SECONDS / 60 },
    { ...ground, folder: join(folder, name) },
  );
  expect(report.discrepancies).toEqual([]);
  expect(report.verdict).toBe('pass');
});
