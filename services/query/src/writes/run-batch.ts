/** A write of many events: a list of what another write takes, each with a verdict of its own, in the order in which they came. */
import { gunzipSync } from 'node:zlib';
import type { CompiledWrite, MadeEvent, Result, ViewValues } from '@tidegate/core';
import { failed, ok, parseParams, readBodyValues } from '@tidegate/core';
import type { Exchange, ProblemFault } from '@tidegate/http';
import { decodeExactJson, invalidMember, readBytes, refuse, sendJson } from '@tidegate/http';
import type { Registry } from '../registry.ts';
import { givenOf } from '../views/given.ts';
import type { EventVerdict, SendEvents } from './event-sender.ts';
import type { MakeEventDeps } from './make-event.ts';
import { errorOf, makeEvent } from './make-event.ts';
import type { WriteRequestDeps } from './write-request.ts';
import { keyOf, mayWrite, NOT_OWN, TOO_EXACT } from './write-request.ts';

export interface RunBatchDeps extends WriteRequestDeps, MakeEventDeps {
  readonly registry: Pick<Registry, 'write'>;
  readonly sendEvents: SendEvents;
}

const BODY_BYTES_MAX = 1_048_576;
const NDJSON = /^application\/x-ndjson\s*(;|$)/i;
const JSON_TYPE = /^application\/json\s*(;|$)/i;
const NEWLINE = 0x0a;

export async function runBatch(deps: RunBatchDeps, exchange: Exchange, batch: CompiledWrite): Promise<void> {
  const { caller } = exchange;
  const write = deps.registry.write(caller.tenant, batch.pack, batch.each ?? '');
  if (write === null) return refuse(exchange, { code: 'not_found' });
  const read = await readItems(exchange, batch);
  if (!read.ok) return refuse(exchange, read.fault);
  const asked = { nowMs: deps.nowMs(), callerSubject: caller.subject ?? null };
  const pseudonymOf = (id: string): string => deps.pseudonymOf(caller.tenant, id);
  const values = parseParams(write.checks, { ...asked, given: givenOf(exchange.query), pseudonymOf });
  if (!values.ok) return refuse(exchange, { code: 'request_invalid', errors: values.fault });
  const made: Made[] = [];
  const seen = new Map<string, number>();
  for (const item of read.value.items) {
    made.push(await makeOne(deps, exchange, { ...{ write, item, values: values.value, asked, seen }, key: read.value.key }));
  }
  const events = made.flatMap((one) => (one.ok ? [one.event] : []));
  const sent = events.length === 0 ? NOTHING_SENT : await deps.sendEvents(events, exchange);
  if (!sent.ok) return refuse(exchange, sent.problem);
  respond(exchange, { write, made, sent });
}

const NOTHING_SENT = { ok: true, receipt: null, receivedAt: null, verdicts: [] } as const;

/** The event of one item, or its verdict. */
type Made = { readonly ok: true; readonly event: MadeEvent } | { readonly ok: false; readonly verdict: EventVerdict };

interface One {
  readonly write: CompiledWrite;
  readonly item: Result<unknown, EventVerdict>;
  readonly values: ViewValues;
  readonly asked: { readonly nowMs: number; readonly callerSubject: string | null };
  readonly key: string | null;
  /** How often each item came before, so that equal ones are events of their own. */
  readonly seen: Map<string, number>;
}

async function makeOne(deps: RunBatchDeps, exchange: Exchange, { write, item, values, asked, key, seen }: One): Promise<Made> {
  if (!item.ok) return { ok: false, verdict: item.fault };
  const body = readBodyValues(write.body, item.value, asked);
  if (!body.ok) return refusedBy({ code: 'request_invalid', errors: body.fault });
  if (!mayWrite(write, exchange.caller, body.value)) return refusedBy({ code: 'row_refused', detail: NOT_OWN });
  const text = JSON.stringify(item.value);
  const ordinal = seen.get(text) ?? 0;
  seen.set(text, ordinal + 1);
  const request = { values, given: {}, body: body.value, idempotencyKey: key, bodyText: `${ordinal} ${text}` };
  const made = await makeEvent(deps, exchange, { write, asked: request });
  return made.ok ? { ok: true, event: made.value.event } : refusedBy(made.fault);
}

function refusedBy({ code, detail, errors: [first] = [] }: ProblemFault): Made {
  return { ok: false, verdict: { verdict: 'rejected', code, path: first?.path ?? '', message: first?.message ?? detail ?? code } };
}

interface Items {
  readonly items: readonly Result<unknown, EventVerdict>[];
  readonly key: string | null;
}

async function readItems(exchange: Exchange, { bodyBytesMax, eventsMax }: CompiledWrite): Promise<Result<Items, ProblemFault>> {
  const { request } = exchange;
  const key = keyOf(exchange);
  if (key === undefined) return failed({ code: 'idempotency_key_invalid' });
  const bytesMax = bodyBytesMax ?? BODY_BYTES_MAX;
  const sent = await readBytes(request, bytesMax);
  const body = sent === null ? failed({ code: 'body_too_large' } as const) : inflated(sent, request.headers['content-encoding'], bytesMax);
  if (!body.ok) return body;
  const items = itemsOf(body.value, request.headers['content-type'] ?? '');
  if (!items.ok) return items;
  if (items.value.length > eventsMax) return failed({ code: 'body_too_large' });
  if (items.value.length === 0) return failed(invalidMember('', '1 event or more'));
  return ok({ items: items.value, key });
}

function inflated(bytes: Buffer, encoding: string | undefined, bytesMax: number): Result<Buffer, ProblemFault> {
  if (encoding === undefined || encoding === 'identity') return ok(bytes);
  if (encoding !== 'gzip') return failed({ code: 'unsupported_encoding', headers: { 'accept-encoding': 'gzip' } });
  try {
    return ok(gunzipSync(bytes, { maxOutputLength: bytesMax }));
  } catch (error) {
    return failed({ code: error instanceof RangeError ? 'body_too_large' : 'bad_encoding' });
  }
}

function itemsOf(body: Buffer, type: string): Result<readonly Result<unknown, EventVerdict>[], ProblemFault> {
  if (NDJSON.test(type)) return ok(linesOf(body).map(toItem));
  if (!JSON_TYPE.test(type)) return failed({ code: 'unsupported_format' });
  const read = decodeExactJson(body);
  if (!read.ok) return failed(read.fault);
  if (read.value === null) return failed({ code: 'request_invalid', errors: [TOO_EXACT] });
  const { value } = read.value;
  return Array.isArray(value) ? ok(value.map((one: unknown) => ok(one))) : failed(invalidMember('', 'a JSON array, or one event a line'));
}

function linesOf(body: Buffer): readonly Buffer[] {
  const lines: Buffer[] = [];
  for (let start = 0; start < body.length;) {
    const found = body.indexOf(NEWLINE, start);
    const end = found < 0 ? body.length : found;
    const line = body.subarray(start, end);
    if (line.toString('latin1').trim() !== '') lines.push(line);
    start = end + 1;
  }
  return lines;
}

function toItem(line: Buffer): Result<unknown, EventVerdict> {
  const read = decodeExactJson(line);
  if (!read.ok) return failed({ verdict: 'rejected', code: read.fault.code, path: '', message: 'one JSON object a line' });
  return read.value === null ? failed({ ...TOO_EXACT, verdict: 'rejected' }) : ok(read.value.value);
}

interface Outcome {
  readonly write: CompiledWrite;
  readonly made: readonly Made[];
  readonly sent: { readonly receipt: string | null; readonly receivedAt: string | null; readonly verdicts: readonly EventVerdict[] };
}

function respond(exchange: Exchange, { write, made, sent }: Outcome): void {
  let next = 0;
  const verdicts = made.map((one, index) => {
    if (!one.ok) return { index, id: '', ...one.verdict };
    const verdict = sent.verdicts[next] ?? { verdict: 'retry' as const };
    next += 1;
    const error = verdict.verdict === 'rejected' ? errorOf(write, verdict) : {};
    return { index, id: one.event.id, verdict: verdict.verdict, ...error };
  });
  const count = (wanted: EventVerdict['verdict']): number => verdicts.filter(({ verdict }) => verdict === wanted).length;
  const accepted = count('accepted');
  const status = accepted === verdicts.length ? 202 : accepted > 0 ? 207 : count('retry') > 0 ? 503 : 422;
  const rejected = verdicts.filter(({ verdict }) => verdict === 'rejected').map(({ verdict: _verdict, ...one }) => one);
  const retry = verdicts.filter(({ verdict }) => verdict === 'retry').map(({ index, id }) => ({ index, id }));
  const { receipt, receivedAt: received_at } = sent;
  const headers = {
    'cache-control': 'no-store',
    ...(receipt === null ? {} : { 'tidegate-receipt': receipt }),
    ...(status === 503 ? { 'retry-after': '1' } : {}),
  };
  sendJson(exchange, { accepted, rejected, retry, receipt, received_at, verdicts }, { status, headers });
}
