import type { FiguresBatch } from '@tidegate/redis';
import { expect, test } from 'vitest';
import { createCacheFigures } from './cache-figures.ts';

test('a batch that may not have arrived is sent again as it was, and what was counted since goes in another', async () => {
  const sent: FiguresBatch[] = [];
  const errors: unknown[] = [];
  let isAway = true;
  const figures = createCacheFigures({
    figures: {
      add: async (batch) => {
        sent.push(batch);
        if (isAway) throw new Error('away');
      },
    },
    ...{ instance: 'i', nowMs: () => 7_200_000, onError: (error) => void errors.push(error) },
  });
  const of = { tenant: 'acme', of: 'marb.claim', name: 'claim:1' };
  figures.count(of, 'misses');
  figures.count(of, 'writes');
  await figures.flush();
  figures.count(of, 'hits');
  isAway = false;
  await figures.flush();
  const nothing = { hits: 0, misses: 0, errors: 0, writes: 0, changed: 0, evicted: 0 };
  const first = {
    ...{ id: 'i-1', tenant: 'acme', hourS: 7_200, names: [{ name: 'claim:1', hits: 0, misses: 1 }] },
    classes: [{ of: 'marb.claim', ...nothing, misses: 1, writes: 1 }],
  };
  expect([sent.length, sent[0], sent[1], errors.length]).toEqual([3, first, first, 1]);
  expect(sent[2]).toMatchObject({ id: 'i-2', names: [{ hits: 1, misses: 0 }] });
});
