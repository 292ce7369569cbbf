/** Sealed values, opened by ingest, which alone has the means (docs/adr/0040-ingest-opens.md); asked as the caller who asked. */
import type { Caller, OpenedValues, OpenRequest, RequestContext } from '@tidegate/http';
import { CALLER_HEADER, INTERNAL_ROUTES, OPENED_SCHEMA, signCaller } from '@tidegate/http';

/** Null: it cannot be had now. */
export type OpenFields = (
  asked: OpenRequest,
  as: { readonly caller: Caller; readonly context: RequestContext },
) => Promise<OpenedValues | null>;

export interface FieldOpenerDeps {
  readonly ingestUrl: string;
  /** 32 bytes derived from `SECRET_KEY` under the label `tidegate/caller`. */
  readonly callerKey: Uint8Array;
  readonly nowMs: () => number;
}

/** An answer without them is better than a late one. */
const TIMEOUT_MS = 2_000;

export function createFieldOpener({ ingestUrl, callerKey, nowMs }: FieldOpenerDeps): OpenFields {
  const url = new URL(INTERNAL_ROUTES.openSealed.path, ingestUrl);
  return async function openFields(asked, { caller, context }) {
    // Which routes a token may come to was judged by the gateway, of the route that the client asked.
    const { routes: _routes, ...reader } = caller;
    const headers = {
      'content-type': 'application/json',
      [CALLER_HEADER]: signCaller(callerKey, reader, nowMs()),
      'x-request-id': context.requestId,
      traceparent: context.traceparent,
    };
    try {
      const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(asked), signal: AbortSignal.timeout(TIMEOUT_MS) });
      const read = OPENED_SCHEMA.safeParse(await response.json());
      return read.success && read.data.values.length === asked.values.length ? read.data : null;
    } catch {
      return null;
    }
  };
}
