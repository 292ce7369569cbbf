import type { EventLane } from '@tidegate/core';
import type { ProblemFault } from '@tidegate/http';
import type { Appender } from './append.ts';
import type { Backlog } from './backlog.ts';

/** Why nothing is taken into a lane at the moment; null: there is room. */
export type Pressure = (lane: EventLane) => ProblemFault | null;

export interface PressureDeps {
  readonly backlog: Pick<Backlog, 'isTooFarBehind'>;
  readonly appender: Pick<Appender, 'isFull' | 'trouble'>;
  readonly isGrowing: () => boolean;
  readonly nowMs: () => number;
}

/** A growth takes seconds where the window is small. */
const GROWING_RETRY_AFTER_S = 5;
/** Counting that is behind by days does not catch up in a moment. */
const BEHIND_RETRY_AFTER_S = 60;

/**
 * What refuses a request before a byte of its body is read, each with the time after which to come again:
 *
 * | what is seen                                                       | code              | Retry-After                       |
 * |--------------------------------------------------------------------|-------------------|-----------------------------------|
 * | the log gets more partitions                                       | `log_growing`     | five seconds                      |
 * | the oldest uncounted event of the lane is older than half of the retention | `log_behind` | a minute                        |
 * | the brokers acknowledge nothing                                    | `log_unavailable` | grows with how long, up to 30 s   |
 * | as many bytes wait for the log as may (backfill: three quarters)   | `overloaded`      | a second                          |
 */
export function createPressure({ backlog, appender, isGrowing, nowMs }: PressureDeps): Pressure {
  return function pressure(lane) {
    if (isGrowing()) return { code: 'log_growing', retryAfterS: GROWING_RETRY_AFTER_S };
    if (backlog.isTooFarBehind(nowMs(), lane)) return { code: 'log_behind', retryAfterS: BEHIND_RETRY_AFTER_S };
    const trouble = appender.trouble();
    if (trouble !== null) return { code: 'log_unavailable', retryAfterS: trouble.retryAfterS };
    return appender.isFull(lane) ? { code: 'overloaded' } : null;
  };
}
