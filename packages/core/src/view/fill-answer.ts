/** From the rows of a view's queries to its answer. */
import type { Values } from '../expression/expression.ts';
import type { TemplateFault } from '../expression/template.ts';
import type { Json } from '../expression/to-json.ts';
import type { Work } from '../expression/work.ts';
import { failed, ok } from '../fault/fault.ts';
import type { Result } from '../fault/fault.ts';
import type { CompiledView } from './compiled-view.ts';

export interface AnswerFault extends TemplateFault {
  /** Member of the view that could not be made: `answer`, `exists` or `let.<name>`. */
  readonly member: string;
}

type FilledParts = Pick<CompiledView, 'exists' | 'lets' | 'answer'>;

/** Undefined: the view says that there is no such thing. */
export function fillAnswer(view: FilledParts, values: Values, work: Work): Result<Json | undefined, AnswerFault> {
  const there = view.exists?.evaluate(values, work);
  if (there?.ok === false) return failed({ ...there.fault, path: '', member: 'exists' });
  if (there !== undefined && there.value !== true) return ok(undefined);
  let known = values;
  for (const { name, value } of view.lets) {
    const made = value.fill(known, work);
    if (!made.ok) return failed({ ...made.fault, member: `let.${name}` });
    known = { ...known, [name]: made.value };
  }
  const filled = view.answer.fill(known, work);
  return filled.ok ? filled : failed({ ...filled.fault, member: 'answer' });
}
