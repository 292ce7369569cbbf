import { expect, test } from 'vitest';
import { planOf } from '../test/fixtures.ts';
import type { ReadAsk } from './read-ask.ts';
import type { ReadOutcome } from './read.ts';
import { createSharedRead } from './share-read.ts';

function reading(): { read: ReturnType<typeof createSharedRead>; asked: ReadAsk[] } {
  const asked: ReadAsk[] = [];
  const read = createSharedRead(async (ask) => {
    asked.push(ask);
    await new Promise((done) => setTimeout(done, 5));
    return { ok: false, fault: 'range_too_large' } satisfies ReadOutcome;
  });
  return { read, asked };
}

test('a thousand equal questions at once are two readings', async () => {
  const { read, asked } = reading();
  await Promise.all(Array.from({ length: 1_000 }, async () => read({ plan: planOf(), subjectShown: null, skipCache: false })));
  // The first, and the one that began when it had ended.
  expect(asked.length).toBe(2);
});

test('who asks for something else, or in another way, shares none of them', async () => {
  const { read, asked } = reading();
  const ask: ReadAsk = { plan: planOf(), subjectShown: null, skipCache: false };
  const others: readonly ReadAsk[] = [
    { ...ask, skipCache: true },
    { ...ask, mayLag: true },
    { ...ask, subjectShown: 'u-1' },
    { ...ask, subjectShown: '' },
    { ...ask, plan: planOf({ limit: 7 }) },
    { ...ask, plan: planOf({ to: '2024-10-06' }) },
    { ...ask, plan: planOf({ group_by: [] }) },
  ];
  await Promise.all([ask, ask, ...others].map(read));
  expect(others.filter((other) => !asked.includes(other))).toEqual([]);
});
