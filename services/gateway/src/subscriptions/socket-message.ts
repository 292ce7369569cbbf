/** What a client says on a socket of subscriptions, and the `GET /v1/live` that it stands for. */
import type { Result } from '@tidegate/core';
import { failed, ok } from '@tidegate/core';
import type { ProblemFault } from '@tidegate/http';
import { decodeJson, invalidRequest } from '@tidegate/http';
import { z } from 'zod';

export type SocketMessage =
  | { readonly op: 'unsubscribe'; readonly subscription: string }
  | {
      readonly op: 'subscribe';
      readonly subscription: string;
      /** Path and query of the route. */
      readonly target: string;
      readonly lastEventId: string | null;
    };

const NAME = z.string().min(1).max(300);
const MESSAGE_SCHEMA = z.discriminatedUnion('op', [
  z.strictObject({
    op: z.literal('subscribe'),
    topic: z
      .string()
      .max(300)
      .regex(/^(events|(metric|view|job|events)\/.+)$/, 'metric/…, view/{pack}/{view}, job/…, events, or events/{type}'),
    params: z.record(z.string(), z.json()).default({}),
    subscription: NAME.optional(),
    last_event_id: z
      .string()
      .regex(/^[\w-]*$/, 'the id of an event')
      .optional(),
  }),
  z.strictObject({ op: z.literal('unsubscribe'), subscription: NAME }),
]);

/** Of address and id together: the headers of a request have 16 KiB, and the gateway's own are among them. */
const ADDRESS_CHARS_MAX = 12_288;

export function readSocketMessage(bytes: Uint8Array): Result<SocketMessage, ProblemFault> {
  const decoded = decodeJson(bytes);
  if (!decoded.ok) return decoded;
  const parsed = MESSAGE_SCHEMA.safeParse(decoded.value);
  if (!parsed.success) return failed(invalidRequest(parsed.error));
  const message = parsed.data;
  if (message.op === 'unsubscribe') return ok(message);
  const { topic, params, subscription = topic, last_event_id: lastEventId = null } = message;
  const query = queryOf(topic, params);
  if (query === null) return failed(wrongParams('invalid_value', 'holds texts, numbers, booleans and lists of them'));
  const target = `/v1/live?${query.toString()}`;
  const chars = target.length + (lastEventId?.length ?? 0);
  if (chars > ADDRESS_CHARS_MAX) return failed(wrongParams('too_big', 'is longer than the address of a request may be'));
  return ok({ op: 'subscribe', subscription, target, lastEventId });
}

/** Null: a parameter that an address cannot hold. */
function queryOf(topic: string, params: Readonly<Record<string, unknown>>): URLSearchParams | null {
  const [, kind = '', name = '*'] = /^(\w+)(?:\/(.+))?$/.exec(topic) ?? [];
  // A question is JSON there too; whatever it holds is judged where it is answered.
  if (kind === 'metric') return new URLSearchParams({ q: JSON.stringify({ ...params, metric: name }) });
  // Of a name that comes twice the first counts: nobody subscribes to one thing and is shown another.
  const query = new URLSearchParams({ [kind]: name });
  for (const [param, value] of Object.entries(params)) {
    const words: readonly unknown[] = Array.isArray(value) ? value : [value];
    if (!words.every(isWord)) return null;
    for (const word of words) query.append(param, String(word));
  }
  return query;
}

function isWord(value: unknown): value is string | number | boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

function wrongParams(code: string, message: string): ProblemFault {
  return { code: 'request_invalid', errors: [{ path: 'params', code, message }] };
}
