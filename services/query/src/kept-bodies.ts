/** The bytes of answers that callers may keep, as long as the rows are held from which they were made. */
import { bodyOf } from './answer-body.ts';
import type { AnswerBody, EtagOf } from './answer-body.ts';
import type { AnswerFormat } from './answer-format.ts';

export interface KeptBody {
  readonly body: Buffer;
  readonly etag: string;
}

export type KeptBodyOf = (of: { readonly tenant: string; readonly format: AnswerFormat; readonly answer: AnswerBody }) => Promise<KeptBody>;

/** A page of rows is shown in few forms. */
const FORMS_MAX = 4;

/** Made once for rows that are the same object: a week by hours takes longer to write and to hash than to look up. */
export function createKeptBodies(etagOf: EtagOf): KeptBodyOf {
  const held = new WeakMap<AnswerBody['rows'], Map<string, KeptBody>>();
  return async function keptBodyOf({ tenant, format, answer }) {
    const { rows, ...beside } = answer;
    const forms = held.get(rows) ?? new Map<string, KeptBody>();
    const form = JSON.stringify([tenant, format, beside]);
    const known = forms.get(form);
    if (known !== undefined) return known;
    const body = await bodyOf(format, answer);
    const made = { body, etag: etagOf({ tenant, format, body }) };
    if (forms.size < FORMS_MAX) held.set(rows, forms.set(form, made));
    return made;
  };
}
