import { traceparentOf } from '@tidegate/kafka';
import type { Tracing } from '@tidegate/telemetry';
import { EVENT_HEADERS_BYTES } from './event-headers.ts';
import type { Slice } from './fold.ts';
import type { OpenBatch } from './open-batch.ts';

/** Requests that one flush names as its causes; what a collector still shows. */
export const CAUSES_MAX = 128;
const SAMPLED = '1';

/** Keeps in the batch which requests its records came with. */
export type NoteCauses = (batch: Pick<OpenBatch, 'causes'>, slice: Slice) => void;

/**
 * A request's trace context stands in its first record of a partition, so nearly every record is told by the length of its
 * headers to have none. Where no span leaves the process nothing is looked at.
 */
export function createNoteCauses({ isExporting }: Pick<Tracing, 'isExporting'>): NoteCauses {
  if (!isExporting) return () => undefined;
  return function noteCauses({ causes }, { slab, from, to }) {
    for (let i = from; i < to && causes.length < CAUSES_MAX; i += 1) {
      if ((slab.headersEnd[i] ?? 0) - (slab.headersStart[i] ?? 0) <= EVENT_HEADERS_BYTES) continue;
      const traceparent = traceparentOf(slab, i);
      // A link to a trace that nobody keeps would take the place of one that somebody does.
      if (traceparent?.endsWith(SAMPLED) === true) causes.push(traceparent);
    }
  };
}
