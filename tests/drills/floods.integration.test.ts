import { expect, it } from 'vitest';
import { runFloods } from './floods.ts';

// The drill of `npm run drill -- floods`, for a few seconds.
it('floods, guesses and scraping pass as far as the limits let them, and whoever keeps to them is served', async () => {
  const report = await runFloods({ seed: 7, say: () => undefined, minutes: 0.06 }, 1);
  expect(report.discrepancies).toEqual([]);
  expect(report.checks).toMatchObject({ neighbour_passed: report.checks['neighbour_sent'], addresses: 3_600 });
}, 120_000);
