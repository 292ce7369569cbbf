import { expect, it } from 'vitest';
import { startArchiveTimer } from './archive-timer.ts';
import type { RunningProcess } from './child-process.ts';

interface Turn {
  readonly running: RunningProcess;
  readonly end: (code: number | null) => void;
}

/** Runs that end when they are told to, and pauses that are over when they are told to be. */
function createHand() {
  const turns: Turn[] = [];
  const failed: string[] = [];
  let [resume, stops] = [(): void => undefined, 0];
  const launch = (): RunningProcess => {
    const { promise: exited, resolve } = Promise.withResolvers<{ code: number | null; signal: null }>();
    const end = (code: number | null): void => resolve({ code, signal: null });
    const stop = async (): Promise<void> => {
      stops += 1;
      end(null);
    };
    const running = { name: 'archive', pid: 1, logFile: '/nowhere', logFrom: 0, isAlive: () => true, exited, stop, kill: stop };
    turns.push({ running, end });
    return running;
  };
  const pause = async (signal: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      resume = resolve;
      signal.addEventListener('abort', () => resolve(), { once: true });
      if (signal.aborted) resolve();
    });
  const settle = async (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  return {
    launch,
    pause,
    turns,
    failed,
    settle,
    onFailed: (reason: string) => void failed.push(reason),
    resume: () => resume(),
    stops: () => stops,
  };
}

it('a run begins at once and again after each pause, one at a time, and a run that failed is told and tried again', async () => {
  const hand = createHand();
  const timer = startArchiveTimer(hand);
  expect(hand.turns).toHaveLength(1);
  await hand.settle();
  expect(hand.turns).toHaveLength(1);
  hand.turns[0]?.end(0);
  await hand.settle();
  expect([hand.turns.length, hand.failed.length]).toEqual([1, 0]);
  hand.resume();
  await hand.settle();
  hand.turns[1]?.end(1);
  await hand.settle();
  expect([hand.turns.length, hand.failed.length]).toEqual([2, 1]);
  hand.resume();
  await hand.settle();
  expect(hand.turns).toHaveLength(3);
  await timer.stop();
});

it('ends the run that is under way and begins no other, and its end is no failure', async () => {
  const hand = createHand();
  const timer = startArchiveTimer(hand);
  await timer.stop();
  hand.resume();
  await hand.settle();
  expect([hand.turns.length, hand.stops(), hand.failed]).toEqual([1, 1, []]);
});

it('ends in a pause too', async () => {
  const hand = createHand();
  const timer = startArchiveTimer(hand);
  hand.turns[0]?.end(0);
  await hand.settle();
  await timer.stop();
  expect([hand.turns.length, hand.stops()]).toEqual([1, 0]);
});
