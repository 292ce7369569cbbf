import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { runDiskFull } from '../drills/run-disk-full.ts';
import { runInSmallDisks, smallDisk, whyNoDisks } from '../drills/small-disks.ts';

const SECONDS = 10;

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tidegate-disk-full-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

test('the disks of Postgres and Kafka run full: what is accepted is counted once, and services go on by themselves', async () => {
  const told: string[] = [];
  const running = runDiskFull({ seed: 5, minutes: SECONDS / 60, folder: temporaryFolder(), say: (line) => void told.push(line) });
  if (whyNoDisks() !== null) {
    // Most containers: nothing is proven there, and the drill says so.
    process.stderr.write(`disk-full was not run: ${whyNoDisks()}\n`);
    await expect(running).rejects.toThrow('lets nobody mount one');
    return;
  }
  const report = await running;
  // What was said is shown beside what was found.
  if (report.verdict === 'fail') process.stderr.write(`${told.join('\n')}\n`);
  expect(report.discrepancies).toEqual([]);
  expect(report.verdict).toBe('pass');
});

test('a drill that could only fill the disk of the machine does not begin', () => {
  expect(() => smallDisk(temporaryFolder(), 1 << 20)).toThrow('filling it would fill the machine');
});

test('what a program says before it fails among the small disks is in the error', async () => {
  const folder = temporaryFolder();
  const expected = whyNoDisks() === null ? 'sh ended with 3 in its mount namespace: tmpfs' : 'lets nobody mount one';
  const ran = runInSmallDisks({
    ...{ folders: [folder], bytes: 1 << 20, cwd: folder, say: () => undefined },
    ...{ command: 'sh', args: ['-c', `stat -f -c %T '${folder}' >&2; exit 3`] },
  });
  await expect(ran).rejects.toThrow(expected);
});

test('where nobody may mount, the drill says so and does not pass', async () => {
  const before = process.env['PATH'];
  onTestFinished(() => {
    process.env['PATH'] = before;
  });
  process.env['PATH'] = temporaryFolder();
  await expect(runDiskFull({ seed: 1, folder: temporaryFolder(), say: () => undefined })).rejects.toThrow('lets nobody mount one');
});
