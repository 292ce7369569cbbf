import { CommandFailure } from '../terminal.ts';
import { evenArrivals, userArrivals, type Arrival } from './arrivals.ts';
import type { Draw } from './draws.ts';
import { parseLevels } from './levels.ts';

export const SIZES = {
  basic: { concurrent: 10, requests: 100 },
  targeted: { concurrent: 20, requests: 200 },
  heavy: { concurrent: 50, requests: 1_000 },
} as const;
export type Size = keyof typeof SIZES;

export interface LoadFlags {
  readonly size?: Size;
  readonly concurrent?: number;
  readonly requests?: number;
  readonly users?: number;
  readonly rate?: number;
  /** Seconds, or `from:to:step` in requests a second. */
  readonly ramp?: string;
  readonly think?: number;
  readonly duration: number;
}

/** A load that is offered by a schedule, or one that so many workers make as fast as they are answered. */
export type Load =
  | { readonly loop: 'closed'; readonly workers: number; readonly requests: number; readonly text: string }
  | { readonly loop: 'open'; readonly arrivals: (draw: Draw) => Iterable<Arrival>; readonly text: string };

export type LoadPlan =
  | { readonly kind: 'run'; readonly load: Load }
  | { readonly kind: 'climb'; readonly levels: readonly number[]; readonly loadOf: (perSecond: number) => Load };

/** Persons between whom requests are shared out where nobody says how many. */
const USERS = 100;

/** What the flags ask for. */
export function toLoadPlan(flags: LoadFlags, thinkMs: number): LoadPlan {
  const levels = flags.ramp?.includes(':') === true ? parseLevels(flags.ramp) : undefined;
  if (levels === null) throw new CommandFailure('--ramp: write it as seconds, or as from:to:step in requests a second.');
  if (levels !== undefined) return { kind: 'climb', levels, loadOf: (perSecond) => rateLoad(flags, perSecond, 0) };
  const rampMs = rampOf(flags);
  if (flags.rate !== undefined) return { kind: 'run', load: rateLoad(flags, flags.rate, rampMs) };
  if (flags.users !== undefined) return { kind: 'run', load: userLoad(flags, flags.users, { thinkMs, rampMs }) };
  if (rampMs > 0) throw new CommandFailure('--ramp goes with --users or --rate.');
  return { kind: 'run', load: closedLoad(flags) };
}

function rampOf({ ramp, duration }: LoadFlags): number {
  const seconds = Number(ramp ?? 0);
  if (!(seconds >= 0 && seconds <= duration)) throw new CommandFailure('--ramp takes seconds, at most --duration, or from:to:step.');
  return seconds * 1_000;
}

function rateLoad(flags: LoadFlags, perSecond: number, rampMs: number): Load {
  const plan = { perSecond, users: flags.users ?? USERS, rampMs, forMs: flags.duration * 1_000 };
  return { loop: 'open', arrivals: () => evenArrivals(plan), text: `${perSecond} requests a second, evenly` };
}

function userLoad(flags: LoadFlags, users: number, times: { readonly thinkMs: number; readonly rampMs: number }): Load {
  const thinkMs = flags.think === undefined ? times.thinkMs : flags.think * 1_000;
  const plan = { users, thinkMs, rampMs: times.rampMs, forMs: flags.duration * 1_000 };
  return {
    loop: 'open',
    arrivals: (draw) => userArrivals(plan, draw),
    text: `${users} users, each one request in ${thinkMs / 1_000} s`,
  };
}

function closedLoad(flags: LoadFlags): Load {
  const { concurrent, requests } = { ...SIZES[flags.size ?? 'basic'], ...given(flags) };
  return { loop: 'closed', workers: concurrent, requests, text: `${requests} requests, ${concurrent} at once` };
}

function given({ concurrent, requests }: LoadFlags): Partial<Record<'concurrent' | 'requests', number>> {
  return { ...(concurrent === undefined ? {} : { concurrent }), ...(requests === undefined ? {} : { requests }) };
}
