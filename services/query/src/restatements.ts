/** `GET /v1/restatements`: which closed buckets were changed, how often, when and by what. */
import { toIsoUtc } from '@tidegate/core';
import type { Exchange } from '@tidegate/http';
import { invalidRequest, RESTATEMENTS_QUERY, sendJson, sendProblem } from '@tidegate/http';
import type { RestatedFilter, RestatedInfo, RestatedPlace, RestatedStore } from '@tidegate/postgres';
import type { Sealer } from '@tidegate/runtime';
import { z } from 'zod';
import { openText, sealText } from './sealed-text.ts';

export interface RestatementsDeps {
  readonly restated: RestatedStore;
  readonly cursorSealer: Sealer;
}

/** Which list (tenant and filters), then the last row that was told. */
const CURSOR_SCHEMA = z.tuple([
  z.string(),
  z.object({ metric: z.string(), version: z.int(), bucketS: z.int(), cause: z.enum(['late_event', 'erasure', 'repair', 'retention']) }),
]);

export function createListRestatements({ restated, cursorSealer }: RestatementsDeps): (exchange: Exchange) => Promise<void> {
  return async function listRestatements(exchange) {
    const { response, context } = exchange;
    const asked = RESTATEMENTS_QUERY.safeParse(Object.fromEntries(exchange.query));
    if (!asked.success) return sendProblem(response, invalidRequest(asked.error), context);
    const { cursor, limit, ...filters } = asked.data;
    const { tenant } = exchange.caller;
    const list = JSON.stringify([tenant, filters.metric, filters.from, filters.to, filters.since]);
    const after = cursor === undefined ? null : openCursor(cursorSealer, list, cursor);
    if (after === undefined) return sendProblem(response, { code: 'cursor_invalid' }, context);
    const rows = await restated.list({ tenant, ...toFilter(filters), after, rowsMax: limit + 1 });
    const page = rows.slice(0, limit);
    const last = rows.length > limit ? page.at(-1) : undefined;
    sendJson(exchange, {
      restatements: page.map(view),
      next_cursor: last === undefined ? null : sealCursor(cursorSealer, list, last),
    });
  };
}

type Filters = Omit<z.output<typeof RESTATEMENTS_QUERY>, 'cursor' | 'limit'>;

function toFilter({ metric, from, to, since }: Filters): Pick<RestatedFilter, 'metric' | 'fromS' | 'toS' | 'sinceMs'> {
  const msOf = (instant: string | undefined): number | null => (instant === undefined ? null : Date.parse(instant));
  const secondOf = (ms: number | null): number | null => (ms === null ? null : Math.ceil(ms / 1_000));
  return { metric: metric ?? null, fromS: secondOf(msOf(from)), toS: secondOf(msOf(to)), sinceMs: msOf(since) };
}

function sealCursor(sealer: Sealer, list: string, { metric, version, bucketS, cause }: RestatedPlace): string {
  return sealText(sealer, [list, { metric, version, bucketS, cause }]);
}

/** Undefined where it is no cursor of this list. */
function openCursor(sealer: Sealer, list: string, text: string): RestatedPlace | undefined {
  const read = CURSOR_SCHEMA.safeParse(openText(sealer, text));
  return read.success && read.data[0] === list ? read.data[1] : undefined;
}

function view({ metric, version, bucketS, cause, revision, firstAtMs, restatedAtMs }: RestatedInfo): Readonly<Record<string, unknown>> {
  return {
    ...{ metric, version, grain: 'quarter_hour', bucket: toIsoUtc(bucketS * 1_000), cause, revision },
    ...{ first_at: toIsoUtc(firstAtMs), restated_at: toIsoUtc(restatedAtMs) },
  };
}
