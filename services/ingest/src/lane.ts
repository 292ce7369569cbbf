import type { EventLane } from '@tidegate/core';
import type { Metrics } from '@tidegate/telemetry';

/** By this header a request asks for the backfill lane; there is no other value. */
export const LANE_HEADER = 'x-tidegate-lane';

/** What occurred longer ago goes into the backfill lane by itself. */
const OLD_MS = 86_400_000;
/** A tenant's live rate may be passed for a moment: what it did not use of the last seconds. */
const BURST_S = 5;

/** Which lane the events of one tenant go into. Called for each event, so nothing is made here. */
export interface LaneChoice {
  /** An event that is sent live spends of the tenant's share. */
  of(occurredAtMs: number, nowMs: number): EventLane;
  /** Of a request that asks for it. */
  asked(): 'backfill';
}

export interface LaneChoiceDeps {
  readonly metrics: Metrics;
  /** Live events of one tenant a second; 0: no bound. */
  readonly liveEventsPerS: number;
}

/** Old events, and those of a tenant that sends more than its share, may never delay live answers: they wait in a lane of their own. */
export function createLaneChoice({ metrics, liveEventsPerS }: LaneChoiceDeps): (tenant: string) => LaneChoice {
  const routed = {
    asked: metrics.counter('backfill_routed_total', { reason: 'asked' }),
    old: metrics.counter('backfill_routed_total', { reason: 'old' }),
    share: metrics.counter('backfill_routed_total', { reason: 'share' }),
  };
  const shares = new Map<string, LiveShare>();

  return function choiceOf(tenant) {
    const share = liveEventsPerS === 0 ? null : (shares.get(tenant) ?? new LiveShare(liveEventsPerS));
    if (share !== null) shares.set(tenant, share);
    const backfill = (reason: keyof typeof routed): 'backfill' => {
      routed[reason].inc();
      return 'backfill';
    };
    return {
      of(occurredAtMs, nowMs) {
        if (nowMs - occurredAtMs > OLD_MS) return backfill('old');
        return share === null || share.take(nowMs) ? 'live' : backfill('share');
      },
      asked: () => backfill('asked'),
    };
  };
}

/** A bucket of events that fills by the rate. */
class LiveShare {
  private readonly perMs: number;
  private readonly most: number;
  private left: number;
  private atMs = 0;

  constructor(eventsPerS: number) {
    this.perMs = eventsPerS / 1_000;
    this.most = eventsPerS * BURST_S;
    this.left = this.most;
  }

  take(nowMs: number): boolean {
    if (nowMs > this.atMs) {
      this.left = Math.min(this.most, this.left + (nowMs - this.atMs) * this.perMs);
      this.atMs = nowMs;
    }
    if (this.left < 1) return false;
    this.left -= 1;
    return true;
  }
}
