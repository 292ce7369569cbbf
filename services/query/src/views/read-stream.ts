/** How long a tenant's events waited to be counted, as one query of a view (docs/design/stream-statistics.md). */
import { failed, lagQuantileMs, ok } from '@tidegate/core';
import type { Result, StreamAsk } from '@tidegate/core';
import type { ProblemFault } from '@tidegate/http';
import type { TallyReader } from '@tidegate/postgres';
import type { Asker } from '../ask.ts';
import type { QueryAnswer } from './query-answer.ts';
import { NOT_ASKED } from './query-answer.ts';

export type ReadStream = (asked: StreamAsk, asker: Asker) => Promise<Result<QueryAnswer, ProblemFault>>;

export function createReadStream({ tallies }: { readonly tallies: Pick<TallyReader, 'lags'> }): ReadStream {
  return async function readStream(range, asker) {
    // Figures of all that comes in: whoever sees a part of it cannot be told which of these are theirs.
    if (asker.rows !== null) return failed({ code: 'row_refused' });
    // Minutes go on without being announced.
    asker.reads?.untold();
    const sums = await tallies.lags(asker.tenant, range);
    const classes = new Map(sums.map((sum) => [sum.class, sum.events]));
    const longestMs = sums.length === 0 ? null : Math.max(...sums.map((sum) => sum.longestMs));
    // The middle of a class may lie above the longest that is in it.
    const at = (p: number): number | null => {
      const ms = lagQuantileMs(classes, p);
      return ms === null || longestMs === null ? null : Math.min(ms, longestMs);
    };
    const events = sums.reduce((sum, one) => sum + one.events, 0);
    const row = { events, p50: at(0.5), p95: at(0.95), p99: at(0.99), max: longestMs };
    return ok({ ...NOT_ASKED, rows: [row], mayAgeMs: 0 });
  };
}
