/**
 * How old persons are on a day, for the query service (docs/design/sealed-fields.md, section 8): their dates of birth are opened
 * here and go nowhere. Keys are read from Postgres each time, all that are asked for in one statement.
 */
import { ageOn } from '@tidegate/core';
import type { AgesRequest, Exchange, Handler, ToldAges } from '@tidegate/http';
import { AGES_REQUEST_SCHEMA, decodeJson, readJsonBody, sendJson, sendProblem } from '@tidegate/http';
import { mayOpen, openOne } from './open-sealed.ts';
import type { OpenSealedDeps } from './open-sealed.ts';
import { whilePostgresAnswers } from './replay.ts';

/** Persons and their values, and what stands around them. */
const BODY_BYTES_MAX = 524_288;

export function createReadAges(deps: OpenSealedDeps): Handler {
  return whilePostgresAnswers(async (exchange: Exchange) => {
    const { request, response, context, caller } = exchange;
    const body = await readJsonBody(request, BODY_BYTES_MAX);
    if (!body.ok) return sendProblem(response, { code: body.fault.code }, context);
    const asked = AGES_REQUEST_SCHEMA.safeParse(body.value);
    if (!asked.success) return sendProblem(response, { code: 'request_invalid' }, context);
    const { personKeys } = deps;
    if (personKeys === null) return sendProblem(response, { code: 'unavailable' }, context);
    if (!asked.data.persons.every((person) => mayOpen(deps, exchange, person)))
      return sendProblem(response, { code: 'row_refused' }, context);
    const ages = await agesOf({ ...deps, personKeys }, caller.tenant, asked.data);
    sendJson(exchange, { ages }, { headers: { 'cache-control': 'no-store' } });
  });
}

type AgesDeps = OpenSealedDeps & { readonly personKeys: NonNullable<OpenSealedDeps['personKeys']> };

async function agesOf(deps: AgesDeps, tenant: string, { types, field, on, persons }: AgesRequest): Promise<ToldAges> {
  const { personKeys, registry, wrapper, metrics } = deps;
  const subjects = new Set(persons.map(({ subject }) => subject).filter((subject) => !registry.isErased(tenant, subject)));
  const rows = await personKeys.find([...subjects].map((subject) => ({ tenant, subject })));
  const keys = new Map(rows.map((row) => [row.subject, wrapper.unwrap(row)]));
  if ([...keys.values()].includes(null)) deps.log.error('person_key_unreadable');
  const counts = { opened: 0, gone: 0, unreadable: 0 };
  const ages = persons.map(({ subject, value }) => {
    const key = keys.get(subject);
    const json = key === undefined || key === null ? null : openOne(key, { tenant, subject }, { types, field, value });
    const age = json === null ? undefined : ageOf(json, on);
    counts[key === undefined ? 'gone' : age === undefined ? 'unreadable' : 'opened'] += 1;
    return key === undefined ? null : age === undefined ? ('unreadable' as const) : age;
  });
  for (const [result, count] of Object.entries(counts)) metrics.counter('sealed_values_asked_total', { result }).inc(count);
  return ages;
}

/** Undefined: what was sealed is no date. */
function ageOf(json: string, on: string): number | null | undefined {
  const read = decodeJson(Buffer.from(json));
  return read.ok && typeof read.value === 'string' ? ageOn(read.value, on) : undefined;
}
