import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { markedProcesses } from '@tidegate/native';
import { createClient } from '@tidegate/sdk';
import { killStarts } from '../e2e/start-kills.ts';
import type { DrillOptions, DrillReport } from './drill.ts';

const MOMENTS = 10;
const WINDOW_MS = 20_000;
/** data/README.md */
const EDITS = 39_199;

/** SIGKILL of `npm start`'s supervisor at ten seeded moments; then the next start has to be whole, and to leave nothing. */
export async function runStartKills({ seed, say }: DrillOptions): Promise<DrillReport> {
  const home = mkdtempSync(join(tmpdir(), 'tidegate-start-drill-'));
  try {
    const { killedAtMs, leftBehind, last } = await killStarts({ home, moments: MOMENTS, seed, windowMs: WINDOW_MS });
    say(
      `killed after ${killedAtMs.map((ms) => `${(ms / 1000).toFixed(1)} s`).join(', ')}; ${leftBehind.length} processes were left behind`,
    );
    const line = await last.line;
    const client = createClient({ gateway: line.gateway, apiKey: line.api_key });
    const day = { metric: 'wiki.edits', measures: ['edits'], from: '2015-09-12', to: '2015-09-13', zone: 'UTC' } as const;
    const counted = Number((await client.query({ ...day, kind: 'summary' })).rows[0]?.[0] ?? 0);
    const running = new Set(markedProcesses(home));
    const stillThere = leftBehind.filter((pid) => running.has(pid)).length;
    last.child.kill('SIGTERM');
    const { code } = await last.exited;
    const checks = {
      kills: killedAtMs.length,
      lost: Math.max(0, EDITS - counted),
      doubled: Math.max(0, counted - EDITS),
      left_running: stillThere + markedProcesses(home).length,
      exit_code: code ?? 128,
    };
    const isGood = checks.lost + checks.doubled + checks.left_running + checks.exit_code === 0;
    return { drill: 'start', seed, verdict: isGood ? 'pass' : 'fail', checks };
  } finally {
    rmSync(home, { recursive: true, force: true, maxRetries: 5 });
  }
}
