import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { takeLock } from './lock.ts';

const dataDir = mkdtempSync(join(tmpdir(), 'tidegate-lock-'));
afterAll(() => rmSync(dataDir, { recursive: true, force: true }));
const nothing = (): void => undefined;

describe('the lock of a data folder', () => {
  it('is held by one start at a time', async () => {
    const lock = await takeLock(dataDir, nothing);
    await expect(takeLock(dataDir, nothing)).rejects.toThrow('runs already with the data folder');
    await lock.release();
    await (await takeLock(dataDir, nothing)).release();
  });

  it('is waited for while its holder stops', async () => {
    const lock = await takeLock(dataDir, nothing);
    lock.markStopping();
    let waited = 0;
    const next = takeLock(dataDir, () => {
      if (waited++ === 2) void lock.release();
    });
    await (await next).release();
    expect(waited).toBeGreaterThan(2);
  });

  it('is free when its holder was killed', async () => {
    const script = `import { takeLock } from ${JSON.stringify(join(import.meta.dirname, 'lock.ts'))};
      await takeLock(${JSON.stringify(dataDir)}, () => {}); process.stdout.write('held'); setInterval(() => {}, 1000);`;
    const holder = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(holder.stdout, 'data');
    await expect(takeLock(dataDir, nothing)).rejects.toThrow('runs already');
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    await (await takeLock(dataDir, nothing)).release();
  });
});
