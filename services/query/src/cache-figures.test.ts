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
    ...{ id: 'i-1', tenant: 'acme', hourS: 7_200, names: [{ name: 'claim:1', ...nothing, misses: 1, writes: 1 }] },
    classes: [{ of: 'marb.claim', ...nothing, misses: 1, writes: 1 }],
  };
  expect([sent.length, sent[0], sent[1], errors.length]).toEqual([3, first, first, 1]);
  expect(sent[2]).toMatchObject({ id: 'i-2', names: [{ hits: 1, misses: 0 }] });
});

test('while Redis is away one batch waits, and what is counted of so many names at most goes on in one more', async () => {
  const sent: FiguresBatch[] = [];
  let isAway = true;
  let nowMs = 7_200_000;
  const figures = createCacheFigures({
    figures: {
      add: async (batch) => {
        if (isAway) throw new Error('away');
        sent.push(batch);
      },
    },
    ...{ instance: 'i', nowMs: () => nowMs, onError: () => undefined },
  });
  // A day of outage: in each hour 6,000 names meet an error, and it is tried to bring them away.
  for (let hour = 0; hour < 24; hour += 1) {
    for (let name = 0; name < 6_000; name += 1) figures.count({ tenant: 'acme', of: 'marb.claim', name: `claim:${name}` }, 'errors');
    await figures.flush();
    nowMs += 3_600_000;
  }
  isAway = false;
  await figures.flush();
  const names = sent.map((batch) => batch.names.length);
  // 5,000 of the first hour, whose batch may have arrived, and 20,000 of all that waited; the classes are whole.
  expect(names.slice(0, 6)).toEqual([5_000, 5_000, 5_000, 5_000, 5_000, 0]);
  expect(names.reduce((sum, one) => sum + one, 0)).toBe(25_000);
  expect(sent.map(({ classes }) => classes[0]?.errors)).toEqual(Array.from({ length: 24 }, () => 6_000));
  expect(sent[1]?.names[0]).toEqual({ name: 'claim:0', hits: 0, misses: 0, errors: 1, writes: 0, changed: 0, evicted: 0 });
});
