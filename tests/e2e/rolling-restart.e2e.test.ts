import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testServers } from '@tidegate/testkit';
import { expect, onTestFinished, test } from 'vitest';
import { runRollingRestart } from '../drills/own-system.ts';

test('every process is restarted, one at a time, under load: no request fails, no event is lost or doubled', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tidegate-rolling-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const namespace = `rolling_${process.pid}_${(Date.now() % 1_000_000).toString(36)}`;
  const told: string[] = [];
  const report = await runRollingRestart({ seed: 3, say: (line) => void told.push(line), folder }, { servers: testServers(), namespace });
  // What was said is shown beside what was found.
  if (report.verdict === 'fail') process.stderr.write(`${told.join('\n')}\n`);
  expect(report.discrepancies).toEqual([]);
  expect(report).toMatchObject({ verdict: 'pass', checks: { restarts: 8, bad_exits: 0, failed_questions: 0, unknown: 0 } });
});
