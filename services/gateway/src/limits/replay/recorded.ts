import type { Demand } from '@tidegate/core';
import { z } from 'zod';
import type { PlanCaller } from '../plans.ts';

/** What decisions.v1 told of a tenant in a stretch of seconds. */
export interface Recorded {
  readonly callers: readonly PlanCaller[];
  /** Requests of each second, in the order of the seconds; `who` is a place in `callers`. */
  readonly seconds: readonly (readonly [second: number, demands: readonly Demand[]])[];
  /** How many demands the seconds hold. */
  readonly counts: number;
  /** Refusals by policy, those after authentication. */
  readonly refused: ReadonlyMap<string, number>;
  /** Nothing of the stretch is known to lack: no record of a gateway, no caller beyond the bound of a record. */
  readonly isComplete: boolean;
}

export interface Recording {
  /** Takes a record of the topic; what is of no use here, or cannot be read, changes nothing but the completeness. */
  take(value: unknown): void;
  end(): Recorded;
}

export interface Stretch {
  readonly tenant: string;
  /** Epoch seconds; the last one is not in it. */
  readonly from: number;
  readonly to: number;
}

const count = z.int().nonnegative();
const numbered = { gateway: z.string(), seq: count };
const DEMAND = z.object({
  ...numbered,
  kind: z.literal('demand'),
  who: z.array(z.object({ tenant: z.string(), key: z.string().nullable(), user: z.string().nullable(), route: z.string() })),
  seconds: z.array(z.object({ at: count, counts: z.array(z.tuple([count, count, count])), others: z.tuple([count, count]) })),
});
const SECOND = z.object({
  ...numbered,
  kind: z.literal('second'),
  rows: z.array(z.object({ tenant: z.string(), policy: z.string(), scope: z.string(), denied: count })),
});
const DENIED_FIRST = z.object({
  ...numbered,
  kind: z.literal('denied_first'),
  tenant: z.string().nullable(),
  policy: z.string(),
  scope: z.string(),
});
const OTHER = z.object({ ...numbered, kind: z.enum(['mode', 'config']) });
const RECORD = z.discriminatedUnion('kind', [DEMAND, SECOND, DENIED_FIRST, OTHER]);
type DemandRecord = z.output<typeof DEMAND>;

const BEFORE_AUTHENTICATION: ReadonlySet<string> = new Set(['ip', 'network', 'auth_failure', 'global']);

/** Gathers what the gateways told of one tenant, each record once; callers of several gateways are one. */
export function createRecording({ tenant, from, to }: Stretch): Recording {
  const callers: PlanCaller[] = [];
  const places = new Map<string, number>();
  const seconds = new Map<number, Map<number, Demand>>();
  const refused = new Map<string, number>();
  const numbers = createNumbers();
  let hasOthers = false;
  let hasUnread = false;

  function placeOf(caller: PlanCaller): number {
    const name = JSON.stringify([caller.key, caller.user, caller.route]);
    const known = places.get(name);
    if (known !== undefined) return known;
    places.set(name, callers.length);
    return callers.push(caller) - 1;
  }

  function takeDemand({ who, seconds: told }: DemandRecord): void {
    for (const { at, counts, others } of told) {
      if (at < from || at >= to) continue;
      if (others[0] > 0) hasOthers = true;
      const second = seconds.get(at) ?? new Map<number, Demand>();
      seconds.set(at, second);
      for (const [place, asked, denied] of counts) {
        const caller = who[place];
        if (caller === undefined || caller.tenant !== tenant) continue;
        const own = placeOf(caller);
        const before = second.get(own) ?? { asked: 0, refused: 0 };
        second.set(own, { who: own, asked: before.asked + asked, refused: before.refused + denied });
      }
    }
  }

  function refuse(of: { tenant: string | null; policy: string; scope: string }, denied: number): void {
    if (of.tenant !== tenant || denied === 0 || BEFORE_AUTHENTICATION.has(of.scope)) return;
    refused.set(of.policy, (refused.get(of.policy) ?? 0) + denied);
  }

  return {
    take(value) {
      const { data } = RECORD.safeParse(value);
      if (data === undefined) return void (hasUnread = true);
      if (!numbers.isNew(data.gateway, data.seq)) return;
      if (data.kind === 'demand') takeDemand(data);
      if (data.kind === 'second') for (const row of data.rows) refuse(row, row.denied);
      if (data.kind === 'denied_first') refuse(data, 1);
    },
    end: () => ({
      callers,
      seconds: [...seconds]
        .filter(([, demands]) => demands.size > 0)
        .toSorted(([a], [b]) => a - b)
        .map(([second, demands]) => [second, [...demands.values()]]),
      counts: [...seconds.values()].reduce((sum, { size }) => sum + size, 0),
      refused,
      isComplete: !hasOthers && !hasUnread && numbers.isWithoutHoles(),
    }),
  };
}

interface Numbers {
  /** Whether the record was not seen before: one whose append was not acknowledged may stand in the log twice. */
  isNew(gateway: string, seq: number): boolean;
  isWithoutHoles(): boolean;
}

/** A gateway numbers its records and sends them in order, so of each it is enough to know the first and the last number. */
function createNumbers(): Numbers {
  const lasts = new Map<string, number>();
  let holes = 0;
  return {
    isNew(gateway, seq) {
      const last = lasts.get(gateway);
      if (last !== undefined && seq <= last) return false;
      if (last !== undefined && seq > last + 1) holes += 1;
      lasts.set(gateway, seq);
      return true;
    },
    isWithoutHoles: () => holes === 0,
  };
}
