import { expect, test } from 'vitest';
import { runExactlyOnce, runFlushBoundaries } from '../drills/own-system.ts';

// The drills that anyone can run with `npm run drill`, each with a fixed seed; servers and services are theirs alone.
const say = (): void => undefined;

test('nothing is lost or doubled through 30 kills of aggregators, one of Kafka, and an emptied Redis', async () => {
  const report = await runExactlyOnce({ seed: 20_261_128, say });
  expect(report).toMatchObject({ verdict: 'pass', checks: { lost: 0, doubled: 0, kills: 30, kafka_restarts: 1, redis_flushes: 1 } });
});

test('nothing is lost or doubled when an aggregator ends between any two of its steps', async () => {
  const report = await runFlushBoundaries({ seed: 7, say });
  expect(report).toMatchObject({ verdict: 'pass', checks: { lost: 0, doubled: 0, kills: 12, uncounted_rounds: 0 } });
});
