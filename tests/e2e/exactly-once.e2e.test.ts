import { expect, test } from 'vitest';
import { runExactlyOnce } from '../drills/own-system.ts';

// The drill that anyone can run with `npm run drill -- exactly-once`, with a fixed seed; servers and services are its alone.
test('nothing is lost or doubled through 30 kills of aggregators, one of Kafka, and an emptied Redis', async () => {
  const report = await runExactlyOnce({ seed: 20_261_128, say: () => undefined });
  expect(report).toMatchObject({ verdict: 'pass', checks: { lost: 0, doubled: 0, kills: 30, kafka_restarts: 1, redis_flushes: 1 } });
});
