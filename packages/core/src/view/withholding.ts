/** Views that withhold what is told of few persons by themselves, so that who is told of groups alone may ask them (docs/reference/small-groups.md). */
import type { Json } from '../expression/to-json.ts';
import type { RowScope } from '../query/row-scope.ts';
import type { CompiledView } from './compiled-view.ts';
import { membersOf } from './filled.ts';
import type { ParamValues } from './param-values.ts';
import type { ViewSource } from './view-schema.ts';

/** The greatest of what the pack, the request and the caller's key say, by the name that the view has for it. */
export function leastPersons(
  { withholds }: Pick<CompiledView, 'withholds'>,
  params: ParamValues,
  rows: RowScope | null,
): Readonly<Record<string, number>> {
  if (withholds === null) return {};
  const asked = params[withholds.as];
  return { [withholds.as]: Math.max(withholds.least, typeof asked === 'number' ? asked : 1, rows?.k ?? 1) };
}

/** How many members of an answer say that they are withheld. */
export function suppressedIn(answer: Json): number {
  if (Array.isArray(answer)) return answer.reduce<number>((count, one: Json) => count + suppressedIn(one), 0);
  const members = membersOf(answer);
  return Object.values(members).reduce<number>((count, one) => count + suppressedIn(one), members['suppressed'] === true ? 1 : 0);
}

type Report = (path: string, message: string) => void;

export function lintWithholds({ view, source }: { readonly view: CompiledView; readonly source: ViewSource }, report: Report): void {
  const { withholds } = view;
  if (withholds === null) return;
  const at: Report = (path, message) => report(`withholds.${path}`, message);
  const made = [...view.lets.map(({ value }) => value), view.answer];
  if (!made.some(({ uses }) => uses.has(withholds.as))) at('as', 'is named by no expression of what is answered');
  if (Object.hasOwn(source.queries, withholds.as)) at('as', 'is the name of a query');
  const param = source.params[withholds.as];
  if (param !== undefined && param.type !== 'integer') at('as', 'is a parameter that is no integer');
  if (view.sealed.length > 0 || view.params.some(({ type }) => type === 'subject')) at('as', 'does not go with what is of one person');
}
