/**
 * When requests leave in an open loop. The times are made from the options alone, so a slow answer holds nothing back: what a
 * stalled server would have been asked meanwhile is asked, and counted (no coordinated omission).
 */
import type { Draw } from './draws.ts';

export interface Arrival {
  /** Since the start. */
  readonly atMs: number;
  /** Who asks, from 0. */
  readonly user: number;
}

export interface RatePlan {
  readonly perSecond: number;
  readonly users: number;
  /** The rate grows from 0 in a straight line over this time. */
  readonly rampMs: number;
  readonly forMs: number;
}

/** Evenly: request i leaves when the area under the rate is i; users take turns. */
export function* evenArrivals(plan: RatePlan): Generator<Arrival> {
  const perMs = plan.perSecond / 1_000;
  const inRamp = (perMs * plan.rampMs) / 2;
  for (let index = 0; ; index++) {
    const atMs = index < inRamp ? Math.sqrt((2 * index * plan.rampMs) / perMs) : plan.rampMs + (index - inRamp) / perMs;
    if (atMs >= plan.forMs) return;
    yield { atMs, user: index % plan.users };
  }
}

export interface UserPlan {
  readonly users: number;
  /** Mean time between two acts of one user; the single times are exponential. */
  readonly thinkMs: number;
  /** Users join one after another over this time. */
  readonly rampMs: number;
  readonly forMs: number;
}

/**
 * As independent users act: together they are one Poisson process, of which each act falls to any of those present. A wait that
 * outlasts the joining of the next user is drawn again from there, which its lack of memory allows.
 */
export function* userArrivals(plan: UserPlan, draw: Draw): Generator<Arrival> {
  let atMs = 0;
  for (;;) {
    const { users, joinMs } = present(plan, atMs);
    const nextMs = atMs + (-Math.log(1 - draw()) * plan.thinkMs) / users;
    if (nextMs > joinMs) {
      atMs = joinMs;
      continue;
    }
    if (nextMs >= plan.forMs) return;
    atMs = nextMs;
    yield { atMs, user: Math.floor(draw() * users) };
  }
}

/** How many are there at a time, and when the next one joins: user k joins at k / users of the ramp, the first at once. */
function present({ users, rampMs }: UserPlan, atMs: number): { readonly users: number; readonly joinMs: number } {
  if (atMs >= rampMs) return { users, joinMs: Number.POSITIVE_INFINITY };
  const joined = Math.min(users, Math.floor((atMs / rampMs) * users + 1e-9) + 1);
  return { users: joined, joinMs: joined === users ? Number.POSITIVE_INFINITY : (joined / users) * rampMs };
}
