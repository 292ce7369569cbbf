import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { evenArrivals } from './arrivals.ts';
import { runClosedLoop, runOpenLoop, type LoadDeps } from './run-load.ts';
import { createTally } from './tally.ts';

/** A server that answers at once but for one stall, in a time that passes only when somebody waits for it. */
function stalledBetween(fromMs: number, toMs: number) {
  let nowMs = 0;
  let sleepers = 0;
  const due: { readonly atMs: number; readonly resolve: () => void }[] = [];
  const pass = (ms: number): void => {
    nowMs += ms;
    for (const wait of due.splice(0)) {
      if (wait.atMs <= nowMs) wait.resolve();
      else due.push(wait);
    }
  };
  const tally = createTally();
  const deps: LoadDeps = {
    exchange: async () => {
      if (nowMs >= fromMs && nowMs < toMs) await new Promise<void>((resolve) => due.push({ atMs: toMs, resolve }));
      return { status: 200, error: null, cache: null };
    },
    requestOf: () => ({ endpoint: 'GET /', method: 'GET', path: '/' }),
    tally,
    nowMs: () => nowMs,
    sleep: async (ms) => {
      sleepers += 1;
      await turn();
      pass(ms);
      await turn();
      sleepers -= 1;
    },
    signal: new AbortController().signal,
  };
  /** Runs, and lets time pass where the run only waits for answers. */
  const finish = async (run: Promise<void>): Promise<void> => {
    let isDone = false;
    void run.then(() => (isDone = true));
    while (!isDone) {
      await turn();
      if (due.length > 0 && sleepers === 0) pass(10);
    }
    await run;
  };
  return { deps, tally, finish };
}

it('asks on through a stall, and every request that was due in it has waited for its end', async () => {
  const { deps, tally, finish } = stalledBetween(1_000, 3_000);
  const arrivals = evenArrivals({ perSecond: 100, users: 1, rampMs: 0, forMs: 4_000 });
  await finish(runOpenLoop(deps, { arrivals, underWayMax: 1_000 }));
  const { all } = tally.report(4_000);
  // 200 of 400 were due within the stall and waited 2,000, 1,990, … 10 ms. p95 lies at place 379.05 of the sorted: 200 zeros, then
  // 10 × (place - 199): between 1,800 and 1,810.
  expect(all.requests).toBe(400);
  expect(all.times).toMatchObject({ min: 0, max: 2 });
  expect(all.times?.p95).toBeCloseTo(1.8005, 6);
  // The sum is 10 × (1 + … + 200) ms.
  expect(all.times?.mean).toBeCloseTo(201 / 400, 6);
});

it('calls what it could not send for too many under way an error, and keeps to its schedule', async () => {
  const { deps, tally, finish } = stalledBetween(1_000, 3_000);
  const arrivals = evenArrivals({ perSecond: 100, users: 1, rampMs: 0, forMs: 4_000 });
  await finish(runOpenLoop(deps, { arrivals, underWayMax: 50 }));
  const report = tally.report(4_000);
  expect(report.all).toMatchObject({ requests: 400, errors: 150 });
  expect(report.errors).toEqual([{ text: 'not sent: 50 requests were under way', count: 150 }]);
});

it('sends as many as asked in a closed loop, so many at once', async () => {
  let underWay = 0;
  let most = 0;
  const { deps, tally } = stalledBetween(0, 0);
  const exchange = async (): Promise<{ status: number; error: null; cache: null }> => {
    most = Math.max(most, ++underWay);
    await turn();
    underWay -= 1;
    return { status: 200, error: null, cache: null };
  };
  await runClosedLoop({ ...deps, exchange }, { workers: 4, requests: 30 });
  expect([most, tally.report(1).all.requests]).toEqual([4, 30]);
});

it('stops where it is told to, and waits for what is under way', async () => {
  const abort = new AbortController();
  const { deps, tally } = stalledBetween(0, 0);
  const requestOf = (user: number) => {
    if (user === 5) abort.abort();
    return deps.requestOf(user);
  };
  const arrivals = evenArrivals({ perSecond: 100, users: 100, rampMs: 0, forMs: 1_000 });
  await runOpenLoop({ ...deps, requestOf, signal: abort.signal }, { arrivals, underWayMax: 100 });
  expect(tally.report(1).all.requests).toBe(6);
});
