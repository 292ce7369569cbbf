import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { runAllAtOnce } from '../drills/run-all-at-once.ts';

const SECONDS = 4;

test('servers and services start in the same moment behind a backlog: none ends, ready is who answers, all is counted once', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tidegate-all-at-once-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const told: string[] = [];
  const report = await runAllAtOnce({ seed: 4, minutes: SECONDS / 60, folder, say: (line) => void told.push(line) });
  // What was said is shown beside what was found.
  if (report.verdict === 'fail') process.stderr.write(`${told.join('\n')}\n`);
  expect(report.discrepancies).toEqual([]);
  expect(report.verdict).toBe('pass');
  expect(report.checks['backlog']).toBeGreaterThan(100);
  expect(report.checks['answered']).toBeGreaterThan(0);
  expect(report.checks['connections_max']).toBeGreaterThan(0);
});
