import { expect, it } from 'vitest';
import { earlierRun, keepRun, toKeptRun, worsenedSince, type KeptRun } from './kept-runs.ts';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const MACHINE = { cpu: 'c', cores: 2, memory_gib: 4, kernel: 'k', node: 'v24' };

function runOf(measuredAt: string, p95s: Readonly<Record<string, number>>, { requests = 100, load = 'a load', cores = 2 } = {}): KeptRun {
  const [all, ...endpoints] = Object.entries(p95s).map(([endpoint, p95]) => ({ endpoint, requests, times: { p95 } }));
  const report = { scenario: 'basic', asks: 'status', load, ...all, endpoints };
  return toKeptRun(report, { measuredAt, commit: null, machine: { ...MACHINE, cores } });
}

it('calls a p95 worse that has grown by more than 20 %, of all and of each route', () => {
  const before = runOf('1', { all: 0.1, 'GET /a': 0.05, 'GET /b': 0.2, 'GET /gone': 1 });
  // 0.12 is 20 % above 0.1 and no more; 0.0601 is 20.2 % above 0.05.
  const now = runOf('2', { all: 0.12, 'GET /a': 0.0601, 'GET /b': 0.1, 'GET /new': 9 });
  expect(worsenedSince(before, now, 20)).toEqual([{ endpoint: 'GET /a', before: 0.05, now: 0.0601 }]);
  expect(worsenedSince(before, now, 19).map(({ endpoint }) => endpoint)).toEqual(['all', 'GET /a']);
  expect(worsenedSince(runOf('1', { all: 0.1 }, { requests: 99 }), runOf('2', { all: 9 }), 20)).toEqual([]);
});

it('compares with the newest earlier run of the same load on the same machine', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tidegate-kept-'));
  try {
    const others = [runOf('2026-01-04', { all: 4 }, { cores: 4 }), runOf('2026-01-03', { all: 3 }, { load: 'another' })];
    for (const run of [runOf('2026-01-01', { all: 1 }), runOf('2026-01-02', { all: 2 }), ...others]) keepRun(folder, run);
    expect(earlierRun(folder, runOf('2026-01-05', { all: 5 }))?.run.measured_at).toBe('2026-01-02');
    expect(earlierRun(folder, runOf('2026-01-02', { all: 5 }))?.run.measured_at).toBe('2026-01-01');
    expect(earlierRun(folder, runOf('2026-01-01', { all: 5 }))).toBeNull();
  } finally {
    rmSync(folder, { recursive: true });
  }
});
