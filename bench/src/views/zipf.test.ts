import { createSeededRandom } from '@tidegate/testkit';
import { expect, test } from 'vitest';
import { createZipf } from './zipf.ts';

test('the first of four is drawn 12 times in 25, the others 6, 4 and 3 times', () => {
  // 1 + 1/2 + 1/3 + 1/4 = 25/12.
  const draws = 100_000;
  const draw = createZipf(4, 1, createSeededRandom(7));
  const seen = [0, 0, 0, 0];
  for (let at = 0; at < draws; at += 1) {
    const number = draw();
    seen[number] = (seen[number] ?? 0) + 1;
  }
  const shares = seen.map((count) => count / draws);
  // Five standard deviations of a share of a half: 5 × √(0.25 / 100,000) = 0.008.
  for (const [at, expected] of [12 / 25, 6 / 25, 4 / 25, 3 / 25].entries())
    expect(Math.abs((shares[at] ?? 0) - expected)).toBeLessThan(0.008);
});
