/** What a request to a write holds, read and checked before any work. */
import type { BodyValues, CompiledWrite, QuestionError, ViewValues } from '@tidegate/core';
import { failed, ok, parseParams, readBodyValues } from '@tidegate/core';
import type { Result } from '@tidegate/core';
import type { Caller, Exchange, ProblemFault } from '@tidegate/http';
import { decodeExactJson, idempotencyKeyOf, readBytes, writableSubject } from '@tidegate/http';
import { givenOf } from '../views/given.ts';

export interface WriteRequestDeps {
  readonly pseudonymOf: (tenant: string, id: string) => string;
  readonly nowMs: () => number;
  readonly questionBytesMax: number;
}

export interface WriteRequest {
  readonly values: ViewValues;
  /** Texts of the address, as they were given. */
  readonly given: Readonly<Record<string, string>>;
  readonly body: BodyValues;
  readonly idempotencyKey: string | null;
  /** Of the body as it came. */
  readonly bodyText: string;
}

const PSEUDONYM = /^[0-9a-f]{64}$/;
const JSON_TYPE = /^application\/(json|[a-z.+-]+\+json)\s*(;|$)/i;

export async function readWriteRequest(
  deps: WriteRequestDeps,
  exchange: Exchange,
  write: CompiledWrite,
): Promise<Result<WriteRequest, ProblemFault>> {
  const idempotencyKey = keyOf(exchange);
  if (idempotencyKey === undefined) return failed({ code: 'idempotency_key_invalid' });
  const bytes = await readBytes(exchange.request, write.bodyBytesMax ?? deps.questionBytesMax);
  if (bytes === null) return failed({ code: 'body_too_large' });
  const json = readJson(exchange, bytes);
  if (!json.ok) return json;
  const read = readValues(deps, exchange, { write, json: json.value });
  if (!read.ok) return failed({ code: 'request_invalid', errors: read.fault });
  const { values, body } = read.value;
  if (!mayWrite(write, exchange.caller, { ...values.params, ...body })) return failed({ code: 'row_refused', detail: NOT_OWN });
  return ok({ ...read.value, given: Object.fromEntries(exchange.query), idempotencyKey, bodyText: bytes.toString('latin1') });
}

/** Parameters and members of the body; what does not fit of either is told together. */
function readValues(
  deps: WriteRequestDeps,
  { caller, query }: Exchange,
  { write, json }: { readonly write: CompiledWrite; readonly json: unknown },
): Result<Pick<WriteRequest, 'values' | 'body'>, readonly QuestionError[]> {
  const asked = { nowMs: deps.nowMs(), callerSubject: caller.subject ?? null };
  const pseudonymOf = (id: string): string => deps.pseudonymOf(caller.tenant, id);
  const values = parseParams(write.checks, { ...asked, given: givenOf(query), pseudonymOf });
  const body = readBodyValues(write.body, json, asked);
  const errors = [...(values.ok ? plainIds(write, query) : values.fault), ...(body.ok ? [] : body.fault)];
  return values.ok && body.ok && errors.length === 0 ? ok({ values: values.value, body: body.value }) : failed(errors);
}

export const NOT_OWN = 'Write what is about yourself, or with a credential that has the scope ingest:write_any.';

/** Null: none was sent; undefined: it is none that can be. */
export function keyOf({ request }: Exchange): string | null | undefined {
  const header = request.headers['idempotency-key'];
  return header === undefined ? null : (idempotencyKeyOf(String(header)) ?? undefined);
}

function readJson({ request }: Exchange, bytes: Buffer): Result<unknown, ProblemFault> {
  if (bytes.length === 0) return ok({});
  if (!JSON_TYPE.test(request.headers['content-type'] ?? '')) return failed({ code: 'unsupported_format' });
  const read = decodeExactJson(bytes);
  if (!read.ok) return failed(read.fault);
  return read.value === null ? failed({ code: 'request_invalid', errors: [TOO_EXACT] }) : ok(read.value.value);
}

export const TOO_EXACT = {
  path: '',
  code: 'invalid_value',
  message: 'holds a number of more than 15 digits; POST /v1/events takes such numbers as they are',
};

/** The event holds the plain id of a thing, which its pseudonym cannot be made back into. */
function plainIds({ checks }: CompiledWrite, query: URLSearchParams): readonly QuestionError[] {
  return checks.params
    .filter(({ type, name }) => type === 'id' && PSEUDONYM.test(query.get(name) ?? ''))
    .map(({ name }) => ({ path: name, code: 'invalid_value', message: 'the plain id is needed, not its pseudonym' }));
}

/** The one person about whom the caller may send anything; null: any. Ingest holds to it again. */
export function ownSubject(caller: Caller): string | null {
  return writableSubject(caller) ?? caller.rows?.subject ?? null;
}

/** Whether it names nobody but whom the caller may send events about. */
export function mayWrite({ checks, body }: CompiledWrite, caller: Caller, values: Readonly<Record<string, unknown>>): boolean {
  const own = ownSubject(caller);
  if (own === null) return true;
  return [...checks.params, ...body].every(({ type, name }) => type !== 'subject' || values[name] === null || values[name] === own);
}
