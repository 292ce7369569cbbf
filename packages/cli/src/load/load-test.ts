/** One run of a load: its requests, who watches, and what came of it. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Load } from './load-plan.ts';
import { createDraws } from './draws.ts';
import { runClosedLoop, runOpenLoop, type Exchange, type LoadDeps } from './run-load.ts';
import { drawRequest, type Scenario } from './scenario.ts';
import type { ProgressMoment } from './progress-view.ts';
import { createTally, type LoadReport } from './tally.ts';

export interface LoadTest {
  readonly scenario: Scenario;
  readonly load: Load;
  readonly exchange: Exchange;
  /** Which draws; the same seed asks the same. */
  readonly seed: number;
  /** In every id of an event, so that no two runs send the same. */
  readonly run: string;
  readonly signal: AbortSignal;
  readonly onProgress: (moment: ProgressMoment) => void;
}

/** Most requests under way in an open loop: memory and sockets are bounded also where nobody answers. */
const UNDER_WAY_MAX = 4_096;
const WATCHED_EVERY_MS = 500;

export async function runLoadTest(test: LoadTest): Promise<LoadReport> {
  const tally = createTally();
  const draw = createDraws(test.seed);
  let ids = 0;
  const nextId = (): string => `load-${test.run}-${++ids}`;
  const deps: LoadDeps = {
    exchange: test.exchange,
    requestOf: (user) => drawRequest(test.scenario, { user: `load-${user + 1}`, nowMs: Date.now(), nextId, draw }),
    tally,
    nowMs: () => performance.now(),
    sleep: (ms) => delay(ms),
    signal: test.signal,
  };
  const startedMs = performance.now();
  let seenMs = startedMs;
  const watch = setInterval(() => {
    const nowMs = performance.now();
    test.onProgress({ ...tally.glance(), elapsedS: (nowMs - startedMs) / 1_000, recentS: (nowMs - seenMs) / 1_000 });
    seenMs = nowMs;
  }, WATCHED_EVERY_MS);
  try {
    const { load } = test;
    if (load.loop === 'closed') await runClosedLoop(deps, load);
    else await runOpenLoop(deps, { arrivals: load.arrivals(createDraws(test.seed + 1)), underWayMax: UNDER_WAY_MAX });
  } finally {
    clearInterval(watch);
  }
  return tally.report(performance.now() - startedMs);
}
