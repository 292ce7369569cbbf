/**
 * Who makes answers anew, and how many at once: it takes milliseconds of the one thread that also gives out kept answers. What may
 * become a job takes long and has a lane of its own. Jobs and watched answers take no turn: they are few at a time.
 */
import type { ConfigValues, TakeTurn } from '@tidegate/runtime';
import { createTurns, systemClock } from '@tidegate/runtime';
import type { Metrics } from '@tidegate/telemetry';
import type { queryConfig } from './config.ts';

export interface Lanes {
  readonly quick: TakeTurn;
  /** For what may become a job. */
  readonly slow: TakeTurn;
}

/** Whose turn it is, and whether one is taken at all. */
interface TurnTaker {
  readonly tenant: string;
  readonly takesTurns?: boolean;
}

/** @throws Overloaded */
export async function inTurn<T>(takeTurn: TakeTurn, { tenant, takesTurns = false }: TurnTaker, action: () => Promise<T>): Promise<T> {
  return takesTurns ? takeTurn(tenant, action) : action();
}

/** What takes long leaves half of what may be made at once to what does not. */
const SLOW_SHARE = 0.5;

type LaneSettings = Pick<ConfigValues<typeof queryConfig>, 'answersAtOnce' | 'answersWaitingMax' | 'turnWithinMs'>;

export function createLanes({ answersAtOnce, answersWaitingMax, turnWithinMs }: LaneSettings, metrics: Metrics): Lanes {
  const laneOf = (lane: keyof Lanes, share: number): TakeTurn => {
    const [ofMaking, ofWaiting] = [metrics.gauge('answers_making', { lane }), metrics.gauge('answers_waiting', { lane })];
    return createTurns({
      ...{ atOnce: Math.ceil(share * answersAtOnce), beforeMax: Math.ceil(share * answersWaitingMax) },
      ...{ waitMaxMs: turnWithinMs, monotonicMs: systemClock.monotonicMs },
      onChange({ going, waiting }) {
        ofMaking.set(going);
        ofWaiting.set(waiting);
      },
      onRefused: () => metrics.counter('answers_refused_total', { lane }).inc(),
    });
  };
  return { quick: laneOf('quick', 1), slow: laneOf('slow', SLOW_SHARE) };
}
