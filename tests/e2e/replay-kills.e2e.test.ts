import { expect, test } from 'vitest';
import { runReplayKills } from '../drills/own-system.ts';

// The drill that anyone can run with `npm run drill -- replay-kills`, there with 30 kills, with a fixed seed; servers and services are its alone.
test('a replayed file is counted as DuckDB counts it, through kills of aggregators, one of Kafka, and an emptied Redis', async () => {
  const kills = 12;
  const report = await runReplayKills({ kills, seed: 20_261_128, say: () => undefined });
  expect(report).toMatchObject({ verdict: 'pass', checks: { lost: 0, doubled: 0, kills, kafka_restarts: 1, redis_flushes: 1 } });
});
