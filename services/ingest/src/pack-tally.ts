import type { Metrics } from '@tidegate/telemetry';

/** What the judge said of events, by the pack of their type. */
export interface PackTally {
  count(pack: string, isTaken: boolean): void;
}

interface Counts {
  taken: number;
  refused: number;
}

/** Adds to plain numbers, event by event; `events_judged_total` takes them over when it is scraped. */
export function createPackTally(metrics: Metrics): PackTally {
  const counts = new Map<string, Counts>();
  let last = '';
  let current: Counts = { taken: 0, refused: 0 };
  metrics.onScrape(() => {
    for (const [pack, of] of counts) {
      metrics.counter('events_judged_total', { pack, verdict: 'taken' }).inc(of.taken);
      metrics.counter('events_judged_total', { pack, verdict: 'refused' }).inc(of.refused);
      of.taken = 0;
      of.refused = 0;
    }
  });
  return {
    // Events of one pack come one after the other: most cost a comparison and an addition.
    count(pack, isTaken) {
      if (pack !== last) {
        current = counts.get(pack) ?? { taken: 0, refused: 0 };
        counts.set(pack, current);
        last = pack;
      }
      if (isTaken) current.taken += 1;
      else current.refused += 1;
    },
  };
}
