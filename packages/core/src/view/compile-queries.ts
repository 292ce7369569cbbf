/** From the text of a view's queries to what is asked, in the order in which they need each other. */
import type { CompileExpression, Expression } from '../expression/expression.ts';
import { compileTemplate } from '../expression/template.ts';
import type { Template } from '../expression/template.ts';
import { isJourney } from '../query/journeys/journey-question.ts';
import type { CompiledQuery } from './compiled-view.ts';
import type { QuerySource, ViewSource } from './view-schema.ts';

/** Place in the view, and what is wrong there. */
export type Report = (path: string, message: string) => void;

export function compileQueries(view: ViewSource, { compile, names: reserved, report }: CompilingQuery): readonly CompiledQuery[] {
  const names = Object.keys(view.queries);
  const compiled = Object.entries(view.queries).flatMap(([name, query]) => {
    const at: Report = (path, message) => report(joined(`queries.${name}`, path), message);
    if (reserved.includes(name)) at('', 'is a name of the engine: call it otherwise');
    lintMayAge(query, view, at);
    const one = compileQuery(name, query, { compile, names, report: at });
    return one === null ? [] : [one];
  });
  const ordered = inOrder(compiled);
  if (ordered === null) report('queries', 'need each other in a circle');
  return ordered ?? [];
}

const UNTOLD: ReadonlySet<CompiledQuery['source']> = new Set(['insights', 'stream']);

/** Of these, and of raw events, nothing tells that they changed, so there is nothing to be put off. */
function lintMayAge(query: QuerySource, { cache }: ViewSource, report: Report): void {
  if (query.may_age_s === undefined) return;
  if (cache === undefined) report('may_age_s', 'belongs to a view whose answers are kept: name its cache class');
  if (isJourney(query) || UNTOLD.has(sourceOf(query))) report('may_age_s', 'belongs to a metric or an entity');
}

interface CompilingQuery {
  readonly compile: CompileExpression;
  readonly names: readonly string[];
  readonly report: Report;
}

function compileQuery(
  name: string,
  { when, may_age_s: mayAgeS = 0, ...body }: QuerySource,
  { compile, names, report }: CompilingQuery,
): CompiledQuery | null {
  const condition = compileCondition(when, compile, report);
  const template = compileTree(body, compile, report);
  if (template === null) return null;
  const uses = new Set([...template.uses, ...(condition?.uses ?? [])]);
  return {
    name,
    source: sourceOf(body),
    when: condition,
    body: template,
    needs: names.filter((other) => uses.has(other)),
    mayAgeMs: mayAgeS * 1_000,
  };
}

/** What a query names that is no question. */
const SOURCES = ['insights', 'entity', 'stream'] as const;

function sourceOf(body: Readonly<Record<string, unknown>>): CompiledQuery['source'] {
  return SOURCES.find((source) => body[source] !== undefined) ?? 'question';
}

function compileCondition(text: string | undefined, compile: CompileExpression, report: Report): Expression | null {
  const compiled = text === undefined ? null : compile(text);
  if (compiled?.ok === false) report('when', compiled.fault);
  return compiled?.ok === true ? compiled.value : null;
}

/** Those that are needed before those that need them; null: there is no such order. */
export function inOrder<T extends Pick<CompiledQuery, 'name' | 'needs'>>(queries: readonly T[]): readonly T[] | null {
  const ordered: T[] = [];
  let left = queries;
  while (left.length > 0) {
    const waiting = new Set(left.map(({ name }) => name));
    const ready = left.filter(({ needs }) => !needs.some((need) => waiting.has(need)));
    if (ready.length === 0) return null;
    ordered.push(...ready);
    left = left.filter((query) => !ready.includes(query));
  }
  return ordered;
}

export function compileTree(tree: unknown, compile: CompileExpression, report: Report): Template | null {
  const compiled = compileTemplate(tree, compile);
  if (compiled.ok) return compiled.value;
  for (const { path, message } of compiled.fault) report(path, message);
  return null;
}

export function joined(path: string, rest: string): string {
  return rest === '' ? path : rest.startsWith('[') ? `${path}${rest}` : `${path}.${rest}`;
}
