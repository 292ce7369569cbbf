import { mkdtempSync, readdirSync, readFileSync, rmSync, watch } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { markedProcesses } from '@tidegate/native';
import { createClient } from '@tidegate/sdk';
import { killStarts } from './start-kills.ts';
import { spawnStart, type StartLine } from './start-process.ts';

const home = mkdtempSync(join(tmpdir(), 'tidegate-start-'));
afterAll(() => rmSync(home, { recursive: true, force: true, maxRetries: 5 }));

/** data/README.md */
const EDITS = 39_199;
/** 11,532 of them on #en.wikipedia, 3,044,678 characters: 264.0199… an edit, 29.4191… % of all; then #vi.wikipedia with 9,737. */
const ENGLISH = {
  channel: '#en.wikipedia',
  period: { start: '2015-09-12', end: '2015-09-12' },
  edits: 11_532,
  added_per_edit: 264.02,
  share_pct: 29.42,
  series: [{ date: '2015-09-12', edits: 11_532 }],
  busiest: [
    { rank: 1, channel: '#en.wikipedia', edits: 11_532 },
    { rank: 2, channel: '#vi.wikipedia', edits: 9_737 },
  ],
  meta: { source: 'rollup' },
};
const STOP_ORDER = ['gateway', 'ingest', 'aggregator', 'query', 'redis', 'kafka', 'postgres'];

async function countedEdits(at: StartLine): Promise<unknown> {
  const client = createClient({ gateway: at.gateway, apiKey: at.api_key });
  const day = { metric: 'wiki.edits', kind: 'summary', measures: ['edits'], from: '2015-09-12', to: '2015-09-13', zone: 'UTC' } as const;
  return (await client.query(day)).rows;
}

/** The same day by the view of the pack, at the route that it declares; figures by counting the lines of the file. */
async function activityOfEnglish(at: StartLine): Promise<unknown> {
  const path = '/api/v1/wikis/%23en.wikipedia/activity?start=2015-09-12&end=2015-09-12&top=2';
  return (await fetch(`${at.gateway}${path}`, { headers: { authorization: `Bearer ${at.api_key}` } })).json();
}

// Each start brings up three servers and four services: seconds on an idle machine, a minute on a busy one.
describe('npm start', { timeout: 600_000 }, () => {
  it('becomes ready after SIGKILL of its supervisor at seeded moments, ends what was left, and every edit counts once', async () => {
    const { leftBehind, last } = await killStarts({ home, moments: 3, seed: 20_260_103, windowMs: 15_000 });
    const line = await last.line;
    expect(line.data_dir).toBe(home);
    expect(new URL(line.gateway).hostname).toBe('127.0.0.1');
    expect(await countedEdits(line)).toEqual([[EDITS]]);
    expect(await activityOfEnglish(line)).toMatchObject(ENGLISH);
    const running = new Set(markedProcesses(home));
    expect(leftBehind.filter((pid) => running.has(pid))).toEqual([]);
    // The timer of the archive has had its first turn; the sample came today.
    const archiveLog = join(home, 'logs/archive.log');
    await vi.waitFor(() => expect(readFileSync(archiveLog, 'utf8')).toContain('Nothing to archive'), { timeout: 120_000, interval: 100 });

    const ended: string[] = [];
    const watcher = watch(join(home, 'run'), (_event, file) => {
      const name = file?.replace('.json', '');
      const isGone = file !== null && !readdirSync(join(home, 'run')).includes(file);
      if (name !== undefined && isGone && STOP_ORDER.includes(name) && !ended.includes(name)) ended.push(name);
    });
    last.child.kill('SIGTERM');
    expect(await last.exited).toEqual({ code: 0, signal: null });
    watcher.close();
    expect(ended).toEqual(STOP_ORDER);
    expect(markedProcesses(home)).toEqual([]);
  });

  it('a second time migrates and sends nothing; --once exits 0 after the answer, --json prints one line', async () => {
    const start = spawnStart(home, ['--once']);
    expect(await start.exited).toEqual({ code: 0, signal: null });
    expect(start.stdout().trimEnd().split('\n')).toHaveLength(1);
    expect(Object.keys(await start.line)).toEqual(['gateway', 'api_key', 'admin_key', 'data_dir']);
    expect(start.stderr()).toMatch(/migrations in place/);
    expect(start.stderr()).toMatch(/all 39,199 edits are counted already/);
    expect(start.stderr()).toContain('#en.wikipedia');
    expect(markedProcesses(home)).toEqual([]);
  });

  it('says in one sentence that the port of API_PORT is taken, and starts nothing', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const address = other.address();
    const port = typeof address === 'object' && address !== null ? String(address.port) : '';
    const start = spawnStart(home, [], { API_PORT: port });
    expect(await start.exited).toEqual({ code: 1, signal: null });
    other.close();
    expect(start.stdout()).toBe('');
    expect(start.stderr()).toContain(`Port ${port} (API_PORT) is taken`);
    expect(markedProcesses(home)).toEqual([]);
  });
});
