import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testServers } from '@tidegate/testkit';
import { expect, onTestFinished, test } from 'vitest';
import { runCutOff } from '../drills/run-cut-off.ts';

const SECONDS = 9;

test('services are cut off from each other, Redis and Postgres: nobody waits for ever, all goes on by itself, nothing is lost or doubled', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tidegate-cut-off-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const namespace = `cut_off_${process.pid}_${(Date.now() % 1_000_000).toString(36)}`;
  const told: string[] = [];
  const options = { seed: 6, minutes: SECONDS / 60, folder, say: (line: string) => void told.push(line) };
  const report = await runCutOff(options, { servers: testServers(), namespace });
  // What was said is shown beside what was found.
  if (report.verdict === 'fail') process.stderr.write(`${told.join('\n')}\n`);
  expect(report.discrepancies).toEqual([]);
  expect(report).toMatchObject({ verdict: 'pass', checks: { faults: 12, hung_questions: 0 } });
});
