import type { DeliverJson } from '@tidegate/http';
import type { Step } from '@tidegate/telemetry';
import { isNamed, type EtagOf } from './answer-body.ts';
import { sendBody } from './answer-routes.ts';

export interface SmallAnswersDeps {
  readonly etagOf: EtagOf;
  readonly step: Step;
}

/**
 * Lists and all else that is got, beside answers and views, which do the same for themselves: 304 where the caller has the same
 * bytes, else in the smaller form that the caller takes. What nobody may keep has no ETag.
 */
export function createDeliver({ etagOf, step }: SmallAnswersDeps): DeliverJson {
  return function deliver(to, { body, headers }) {
    if (headers['cache-control'] === 'no-store') return sendBody(step, to, { body, headers });
    const etag = etagOf({ tenant: to.caller.tenant, format: 'json', body });
    const kept = { 'cache-control': 'private, no-cache', vary: 'authorization, x-api-key', ...headers, etag };
    if (isNamed(to.request.headers['if-none-match'], etag)) return sendBody(step, to, { status: 304, body: null, headers: kept });
    sendBody(step, to, { body, headers: kept });
  };
}
