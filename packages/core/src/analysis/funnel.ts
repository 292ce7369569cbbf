/** An event of one person that serves at least one step of a funnel. */
export interface FunnelEvent {
  readonly atMs: number;
  /** Steps that it matches, from 0, falling: an event never serves two steps of one chain. */
  readonly steps: readonly number[];
}

export interface FunnelShape {
  readonly steps: number;
  /** The first event of a chain lies in `fromMs` ≤ time < `toMs`; later ones may lie after it. */
  readonly fromMs: number;
  readonly toMs: number;
  /** Most time between the first event of a chain and any later one of it. */
  readonly windowMs: number;
}

/**
 * Of one person's events, in the order of (time, id), the least time from a first step to each step, over all chains of events
 * one after another that match the steps in their order and lie within the window; null where no chain reaches the step.
 *
 * Of the chains that reach a step only the one with the latest first event matters: whatever a chain can still do, the one
 * that began later can do too, and sooner.
 */
export function funnelTimes(events: readonly FunnelEvent[], shape: FunnelShape): readonly (number | null)[] {
  const latestStart = Array.from({ length: shape.steps }, (): number | null => null);
  const best = [...latestStart];
  for (const { atMs, steps } of events) {
    for (const step of steps) {
      const startMs = step === 0 ? firstStart(atMs, shape) : (latestStart[step - 1] ?? null);
      if (startMs === null || atMs - startMs > shape.windowMs) continue;
      latestStart[step] = Math.max(latestStart[step] ?? startMs, startMs);
      best[step] = Math.min(best[step] ?? Infinity, atMs - startMs);
    }
  }
  return best;
}

function firstStart(atMs: number, { fromMs, toMs }: FunnelShape): number | null {
  return atMs >= fromMs && atMs < toMs ? atMs : null;
}
