import type { Denial } from '@tidegate/postgres';
import type { Clock } from '@tidegate/runtime';

/** What a token of a user stands on. */
export interface TokenGround {
  /** `jti`. */
  readonly id: string;
  readonly sessionId?: string;
  readonly userId?: string;
  /** Of the user, when the token was made. */
  readonly revision?: number;
}

/** Tokens of our own that are refused before they end, in memory. A denial is never taken back, and ends with the last token. */
export interface Denied {
  add(denials: readonly Denial[]): void;
  covers(token: TokenGround): boolean;
  readonly size: number;
}

function isNew(known: Denial | undefined, { untilMs, below }: Denial): boolean {
  return known === undefined || known.untilMs !== untilMs || known.below !== below;
}

const SWEPT_ABOVE = 1_000;

/** `onNew` is told of what was not known before, from wherever it came. */
export function createDenied(clock: Clock, onNew?: (denials: readonly Denial[]) => void): Denied {
  const byId = new Map<string, Denial>();
  let sweepAt = SWEPT_ABOVE;

  function covers(id: string, revision?: number): boolean {
    const denial = byId.get(id);
    return denial !== undefined && (denial.below === undefined || revision === undefined || revision < denial.below);
  }

  function sweep(): void {
    const nowMs = clock.nowMs();
    for (const [id, { untilMs }] of byId) if (untilMs <= nowMs) byId.delete(id);
    sweepAt = Math.max(SWEPT_ABOVE, byId.size * 2);
  }

  return {
    add(denials) {
      const fresh = denials.filter((denial) => isNew(byId.get(denial.id), denial));
      for (const denial of denials) {
        const known = byId.get(denial.id);
        // A record that comes late says less than is known.
        const isLess = known !== undefined && (known.below ?? Number.POSITIVE_INFINITY) > (denial.below ?? Number.POSITIVE_INFINITY);
        if (!isLess) byId.set(denial.id, denial);
      }
      if (byId.size > sweepAt) sweep();
      if (fresh.length > 0) onNew?.(fresh);
    },
    covers: ({ id, sessionId, userId, revision }) =>
      covers(id) || (sessionId !== undefined && covers(sessionId)) || (userId !== undefined && covers(userId, revision)),
    get size() {
      return byId.size;
    },
  };
}
