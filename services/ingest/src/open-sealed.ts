/**
 * Opens sealed values of one person for the query service (docs/design/sealed-fields.md, section 7). The key is read from Postgres
 * each time and from no memory: once its row is destroyed nothing opens any more. No value is kept, logged or counted by name.
 */
import type { Exchange, Handler, OpenedValues, OpenRequest } from '@tidegate/http';
import { OPEN_REQUEST_SCHEMA, readJsonBody, sendJson, sendProblem, visibleRows } from '@tidegate/http';
import type { PersonKeyStore } from '@tidegate/postgres';
import type { KeyWrapper, PersonKey } from '@tidegate/runtime';
import { openField } from '@tidegate/runtime';
import type { Logger, Metrics } from '@tidegate/telemetry';
import type { Registry } from './registry.ts';
import { whilePostgresAnswers } from './replay.ts';
import type { TenantShield } from './shield.ts';

export interface OpenSealedDeps {
  /** Null: this process was not told where Postgres is. */
  readonly personKeys: Pick<PersonKeyStore, 'find'> | null;
  readonly wrapper: Pick<KeyWrapper, 'unwrap'>;
  readonly registry: Pick<Registry, 'isErased'>;
  readonly shieldOf: (tenant: string) => Pick<TenantShield, 'pseudonym'>;
  readonly metrics: Metrics;
  readonly log: Logger;
}

const BODY_BYTES_MAX = 8_388_608;

export function createOpenSealed(deps: OpenSealedDeps): Handler {
  return whilePostgresAnswers(async (exchange) => {
    const { request, response, context, caller } = exchange;
    const body = await readJsonBody(request, BODY_BYTES_MAX);
    if (!body.ok) return sendProblem(response, { code: body.fault.code }, context);
    const asked = OPEN_REQUEST_SCHEMA.safeParse(body.value);
    if (!asked.success) return sendProblem(response, { code: 'request_invalid' }, context);
    if (deps.personKeys === null) return sendProblem(response, { code: 'unavailable' }, context);
    if (!mayOpen(deps, exchange, asked.data)) return sendProblem(response, { code: 'row_refused' }, context);
    const opened = await open(deps, deps.personKeys, { tenant: caller.tenant, asked: asked.data });
    sendJson(exchange, opened, { headers: { 'cache-control': 'no-store' } });
  });
}

/** The query service asked the same: a caller who sees one person alone opens nobody else's values. */
export function mayOpen(
  { shieldOf }: Pick<OpenSealedDeps, 'shieldOf'>,
  { caller }: Pick<Exchange, 'caller'>,
  { subject }: Pick<OpenRequest, 'subject'>,
): boolean {
  const only = visibleRows(caller)?.subject ?? null;
  return only === null || shieldOf(caller.tenant).pseudonym(only) === subject;
}

interface Opening {
  readonly tenant: string;
  readonly asked: OpenRequest;
}

async function open(deps: OpenSealedDeps, store: Pick<PersonKeyStore, 'find'>, { tenant, asked }: Opening): Promise<OpenedValues> {
  const { subject, values } = asked;
  const [row] = deps.registry.isErased(tenant, subject) ? [] : await store.find([{ tenant, subject }]);
  const key = row === undefined ? null : deps.wrapper.unwrap(row);
  if (row !== undefined && key === null) deps.log.error('person_key_unreadable');
  const count = (result: string, by: number): void => deps.metrics.counter('sealed_values_asked_total', { result }).inc(by);
  if (key === null) {
    count(row === undefined ? 'gone' : 'unreadable', values.length);
    return { key: row === undefined ? 'gone' : 'unreadable', values: values.map(() => null) };
  }
  const opened = values.map((value) => openOne(key, { tenant, subject }, value));
  const shut = opened.filter((one) => one === null).length;
  count('opened', opened.length - shut);
  count('unreadable', shut);
  return { key: 'there', values: opened };
}

/** A row keeps the newest value of a field, whichever of its events brought it: each is tried. */
export function openOne(
  key: PersonKey,
  holder: { readonly tenant: string; readonly subject: string },
  { types, field, value }: OpenRequest['values'][number],
): string | null {
  for (const type of types) {
    const json = openField(key, { ...holder, type, field }, value);
    if (json !== null) return Buffer.from(json).toString();
  }
  return null;
}
