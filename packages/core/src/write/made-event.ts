/** From what the checks of a write come to, to its event, or to why there is none. */
import { z } from 'zod';
import type { Json } from '../expression/to-json.ts';
import { failed, ok } from '../fault/fault.ts';
import type { Result } from '../fault/fault.ts';
import type { QuestionError } from '../query/question.ts';
import type { CompiledWrite } from './compiled-write.ts';

/** As `POST /v1/events` takes it. */
export interface MadeEvent {
  readonly id: string;
  readonly type: string;
  readonly subject?: string;
  readonly occurred_at: string;
  readonly data: Json;
}

export type WriteRefusal =
  { readonly code: 'request_invalid'; readonly errors: readonly QuestionError[] } | { readonly code: 'row_conflict' };

const CHECKED = z.object({
  conflict: z.json(),
  rules: z.array(z.json()),
  event: z.object({ id: z.json(), type: z.json(), subject: z.json(), occurred_at: z.json(), data: z.json() }),
});

/** `filled`: the answer of `write.checks`. A member of `data` without a value is not sent. */
export function eventOf({ rules }: Pick<CompiledWrite, 'rules'>, filled: unknown): Result<MadeEvent, WriteRefusal> {
  const checked = CHECKED.parse(filled);
  const broken = rules.filter((_, at) => checked.rules[at] !== true);
  if (broken.length > 0) return failed({ code: 'request_invalid', errors: broken.map((rule) => ({ ...rule, code: 'invalid_value' })) });
  if (checked.conflict === true) return failed({ code: 'row_conflict' });
  const { id, type, subject, occurred_at: occurredAt, data } = checked.event;
  return ok({
    ...{ id: String(id), type: String(type), occurred_at: String(occurredAt) },
    ...(subject === null ? {} : { subject: String(subject) }),
    data: withoutNulls(data),
  });
}

/** Of the data of an event: what has no value is not sent. */
export function withoutNulls(data: Json): Json {
  if (typeof data !== 'object' || data === null || Array.isArray(data)) return data;
  return Object.fromEntries(Object.entries(data).filter(([, value]) => value !== null));
}
