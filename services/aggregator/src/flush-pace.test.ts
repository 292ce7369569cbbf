import { expect, test } from 'vitest';
import { pauseAfter } from './flush-pace.ts';

const limits = { minMs: 5, maxMs: 500 };

test.each([
  { durationMs: 4, events: 1, pauseMs: 8, why: 'twice the flush' },
  { durationMs: 1, events: 1, pauseMs: 5, why: 'never below the least' },
  { durationMs: 200, events: 100, pauseMs: 20, why: 'few events are not kept waiting because a server was slow once' },
  { durationMs: 60, events: 2_000, pauseMs: 100, why: 'a millisecond for twenty events' },
  { durationMs: 30, events: 20_000, pauseMs: 60, why: 'twice the flush, although many events would be gathered' },
  { durationMs: 800, events: 60_000, pauseMs: 500, why: 'never above the greatest' },
])('a flush of $durationMs ms and $events events is followed by $pauseMs ms: $why', ({ durationMs, events, pauseMs }) => {
  expect(pauseAfter({ durationMs, events }, limits)).toBe(pauseMs);
});

test('limits that are equal fix the pause', () => {
  expect(pauseAfter({ durationMs: 1, events: 1 }, { minMs: 60_000, maxMs: 60_000 })).toBe(60_000);
});
