import { expect, test } from 'vitest';
import { runFlushBoundaries } from '../drills/own-system.ts';

// The drill that anyone can run with `npm run drill -- flush-boundaries`, with a fixed seed; servers and services are its alone.
test('nothing is lost or doubled when an aggregator ends between any two of its steps', async () => {
  const report = await runFlushBoundaries({ seed: 7, say: () => undefined });
  expect(report).toMatchObject({ verdict: 'pass', checks: { lost: 0, doubled: 0, kills: 12, uncounted_rounds: 0 } });
});
