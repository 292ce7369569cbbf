import { expect, it } from 'vitest';
import type { AnswerMeta } from './ask.ts';
import { joinClaims } from './join-claims.ts';

const CLAIMS: AnswerMeta = {
  ...{
    complete_through: '2026-11-01T10:00:00.000Z',
    lag_ms: 5,
    status: 'current',
    metric_version: 3,
    revision: 2,
    grain: 'day',
    zone: 'UTC',
  },
  ...{ generated_at: '2026-11-01T10:00:01.000Z', backfill_pending: 0, approximate: {}, source: 'rollup', suppressed_groups: 0 },
  cache: { state: 'hit', age_ms: 10 },
};

it('an answer of several claims of each thing the weakest', () => {
  const other: AnswerMeta = {
    ...CLAIMS,
    ...{
      complete_through: '2026-11-01T09:00:00.000Z',
      lag_ms: 900,
      status: 'stalled',
      metric_version: 8,
      revision: 5,
      backfill_pending: 4,
    },
    ...{ approximate: { p95: 'relative error <= 0.01' }, edges_rounded: true, over_budget: ['page'] },
    cache: { state: 'bypass', age_ms: 0 },
  };
  const joined = {
    ...{
      complete_through: '2026-11-01T09:00:00.000Z',
      lag_ms: 900,
      status: 'stalled',
      metric_version: 3,
      revision: 7,
      backfill_pending: 4,
    },
    ...{ approximate: { p95: 'relative error <= 0.01' }, edges_rounded: true, over_budget: ['page'] },
    cache: { state: 'bypass', age_ms: 10 },
  };
  expect(joinClaims([CLAIMS, other])).toEqual({ ...CLAIMS, ...joined });
  expect(joinClaims([other, CLAIMS])).toEqual({ ...CLAIMS, ...joined, metric_version: 8 });
});

it('it is complete through nothing where one part is unknown, and counted only where all are', () => {
  const counted: AnswerMeta = { ...CLAIMS, after: { counted: true, pending_events: 0 } };
  const open: AnswerMeta = { ...CLAIMS, complete_through: null, after: { counted: false, pending_events: 3, log_changed: true } };
  expect(joinClaims([counted, open])).toMatchObject({
    complete_through: null,
    after: { counted: false, pending_events: 3, log_changed: true },
  });
  expect(joinClaims([CLAIMS])).toEqual(CLAIMS);
});

it('its history begins where the last part’s does', () => {
  const early: AnswerMeta = { ...CLAIMS, history_from: '2026-09-01T00:00:00.000Z', recountable: false };
  const late: AnswerMeta = { ...CLAIMS, history_from: '2026-10-01T00:00:00.000Z' };
  for (const parts of [
    [early, late],
    [late, early],
    [late, CLAIMS, early],
  ]) {
    expect(joinClaims(parts)).toMatchObject({ history_from: '2026-10-01T00:00:00.000Z', recountable: false });
  }
});
