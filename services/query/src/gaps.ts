/** `GET /v1/admin/gaps`, and an operator's word on one: the status alarms no longer, the gap stays listed. */
import { toIsoUtc } from '@tidegate/core';
import { GAP_WORD_SCHEMA, invalidRequest, readJsonBody, refuse, sendJson } from '@tidegate/http';
import type { Exchange } from '@tidegate/http';
import type { GapStore, LogGap, ReadStore } from '@tidegate/postgres';
import { gapName, parseGapName } from '@tidegate/postgres';
import type { Freshness } from './freshness.ts';

export interface GapsDeps {
  readonly gaps: GapStore & Pick<ReadStore, 'readGaps'>;
  readonly freshness: Pick<Freshness, 'takeGaps'>;
}

const BODY_BYTES_MAX = 16_384;

type Answering = (exchange: Exchange) => Promise<void>;

export function createGapHandlers({ gaps, freshness }: GapsDeps): { readonly listGaps: Answering; readonly acknowledgeGap: Answering } {
  return {
    listGaps: async (exchange) => sendJson(exchange, { gaps: (await gaps.readGaps()).map(gapView) }),
    async acknowledgeGap(exchange) {
      const body = await readJsonBody(exchange.request, BODY_BYTES_MAX);
      if (!body.ok) return refuse(exchange, body.fault);
      const asked = GAP_WORD_SCHEMA.safeParse(body.value);
      if (!asked.success) return refuse(exchange, invalidRequest(asked.error));
      const place = parseGapName(exchange.params['gap'] ?? '');
      if (place === null) return refuse(exchange, { code: 'not_found' });
      await gaps.acknowledge(place, { by: exchange.caller.keyId, reason: asked.data.reason });
      const known = await gaps.readGaps();
      // This instance knows at once; others read gaps every ten seconds.
      freshness.takeGaps(known);
      const gap = known.find((one) => gapName(one) === gapName(place));
      return gap === undefined ? refuse(exchange, { code: 'not_found' }) : sendJson(exchange, gapView(gap));
    },
  };
}

/** A gap as operators see it. */
function gapView(gap: LogGap): Readonly<Record<string, unknown>> {
  const { acknowledged } = gap;
  const known = acknowledged === null ? null : { at: toIsoUtc(acknowledged.atMs), by: acknowledged.by, reason: acknowledged.reason };
  return { gap: gapName(gap), ...gapPlace(gap), acknowledged: known };
}

/** Where a gap lies, as every route shows it. */
export function gapPlace({ lane, partition, logGeneration, fromOffset, toOffset, foundAtMs }: LogGap): Readonly<Record<string, unknown>> {
  return {
    lane,
    partition,
    log_generation: logGeneration,
    from_offset: String(fromOffset),
    to_offset: String(toOffset),
    found_at: toIsoUtc(foundAtMs),
  };
}
