import type { DeliverJson, Delivery } from '@tidegate/http';
import type { Step } from '@tidegate/telemetry';
import type { EtagOf } from './answer-body.ts';
import { sendBody, sendKept } from './send-body.ts';

export interface SmallAnswersDeps {
  readonly etagOf: EtagOf;
  readonly step: Step;
}

const JSON_TYPE = 'application/json';

/**
 * Lists and all else that is got, beside answers and views, which do the same for themselves: 304 where the route says that and
 * the caller has the same bytes, else in the smaller form that the caller takes. What nobody may keep has no ETag.
 */
export function createDelivery({ etagOf, step }: SmallAnswersDeps): Delivery {
  const sent: DeliverJson = (to, { body, headers }) => sendBody(step, to, { body, headers: { 'content-type': JSON_TYPE, ...headers } });
  const kept: DeliverJson = (to, { body, headers }) => {
    if (headers['cache-control'] === 'no-store') return sent(to, { body, headers });
    const etag = etagOf({ tenant: to.caller.tenant, format: 'json', body });
    const all = { 'cache-control': 'private, no-cache', vary: 'authorization, x-api-key', ...headers, etag };
    sendKept(step, to, { contentType: JSON_TYPE, headers: all, body: () => body });
  };
  return { kept, sent };
}
