/** How old persons are on a day, worked out by ingest of their sealed dates of birth, which do not come here. */
import type { RowScope } from '@tidegate/core';
import type { AgesRequest, ToldAges } from '@tidegate/http';
import { AGES_SCHEMA, INTERNAL_ROUTES } from '@tidegate/http';
import { createAskIngest } from './ask-ingest.ts';
import type { AskIngestDeps } from './ask-ingest.ts';

/** At most `AGES_MAX` persons at once. Null: it cannot be had now. */
export type ReadAges = (asked: AgesRequest, as: { readonly tenant: string; readonly rows: RowScope | null }) => Promise<ToldAges | null>;

/** In the place of a key: views are worked out for jobs and findings too, which nobody's request asks for. */
const READER = 'tidegate';

export function createAgeReader(deps: AskIngestDeps): ReadAges {
  const ask = createAskIngest(deps, { path: INTERNAL_ROUTES.readAges.path, answer: AGES_SCHEMA });
  return async function readAges(asked, { tenant, rows }) {
    const caller = { tenant, keyId: READER, scopes: [], ...(rows === null ? {} : { rows }) };
    const told = await ask(asked, { caller, context: null });
    return told?.ages.length === asked.persons.length ? told.ages : null;
  };
}
