/** Sealed values of one person, opened by ingest. */
import type { OpenedValues, OpenRequest } from '@tidegate/http';
import { INTERNAL_ROUTES, OPENED_SCHEMA } from '@tidegate/http';
import { createAskIngest } from './ask-ingest.ts';
import type { AskedAs, AskIngestDeps } from './ask-ingest.ts';

/** Null: it cannot be had now. */
export type OpenFields = (asked: OpenRequest, as: AskedAs) => Promise<OpenedValues | null>;

export function createFieldOpener(deps: AskIngestDeps): OpenFields {
  const ask = createAskIngest(deps, { path: INTERNAL_ROUTES.openSealed.path, answer: OPENED_SCHEMA });
  return async function openFields(asked, as) {
    const told = await ask(asked, as);
    return told?.values.length === asked.values.length ? told : null;
  };
}
