/**
 * Members of a view's answer that hold sealed values of one person: opened for who may see them, left out for all others
 * (docs/design/sealed-fields.md, section 7). Until then, in every cache, they are as they were sealed.
 */
import type { Json } from '../expression/to-json.ts';
import type { CompiledEntity } from '../pack/compiled-entity.ts';
import type { CompiledParam, CompiledView, SealedMember } from './compiled-view.ts';
import type { ViewSource } from './view-schema.ts';

/** Every view with a sensitive member takes it. */
export const INCLUDE_PARAM: CompiledParam = { name: 'include', type: 'list', isOptional: true, values: ['sensitive'], lengthMax: 100 };

export function compileSealed({ sealed = {} }: Pick<ViewSource, 'sealed'>): readonly SealedMember[] {
  return Object.entries(sealed).map(([name, { entity, field, include }]) => ({
    ...{ name, path: name.split('.'), entity, field },
    isSensitive: include === 'sensitive',
  }));
}

export function takesInclude({ sealed }: Pick<CompiledView, 'sealed'>): boolean {
  return sealed.some(({ isSensitive }) => isSensitive);
}

type Report = (path: string, message: string) => void;

export interface SealedToLint {
  readonly view: CompiledView;
  readonly answer: ViewSource['answer'];
  readonly entities: ReadonlyMap<string, CompiledEntity>;
}

export function lintSealed({ view, answer, entities }: SealedToLint, report: Report): void {
  if (view.sealed.length === 0) return;
  // A job keeps its answer.
  if (view.isBackground) report('sealed', 'is not for a view that may become a job');
  if (personParam(view) === null) report('sealed', 'takes one parameter of type subject that is not optional: a key is one person’s');
  for (const member of view.sealed) {
    const at = `sealed.${member.name}`;
    if (!Object.hasOwn(answer, member.path[0] ?? '')) report(at, 'is no member of the answer');
    lintMember(member, entities.get(member.entity), (path, message) => report(`${at}.${path}`, message));
  }
}

function lintMember({ field }: SealedMember, entity: CompiledEntity | undefined, report: Report): void {
  if (entity?.hasSubject !== true) report('entity', 'is no entity of persons of this pack');
  else if (entity.fields.find((one) => one.name === field)?.isSealed !== true) report('field', 'is no sealed field of that entity');
}

/** The parameter that names the one person whom the view is about; null: there is none, or more than one. */
export function personParam({ params }: Pick<CompiledView, 'params'>): string | null {
  const [person, ...others] = params.filter(({ type }) => type === 'subject');
  return person === undefined || others.length > 0 || person.isOptional ? null : person.name;
}

export type AnswerTree = Readonly<Record<string, Json>>;

/** Texts at the places of these members, with which of them it is, in the order in which `replaceMembers` comes by them. */
export function textsOfMembers(body: AnswerTree, members: readonly SealedMember[]): readonly { member: SealedMember; text: string }[] {
  const found: { member: SealedMember; text: string }[] = [];
  replaceMembers(body, members, (member, value) => {
    if (typeof value === 'string') found.push({ member, text: value });
    return value;
  });
  return found;
}

/** `change` of undefined leaves the member out. */
export function replaceMembers(
  body: AnswerTree,
  members: readonly SealedMember[],
  change: (member: SealedMember, value: Json) => Json | undefined,
): AnswerTree {
  return members.reduce<AnswerTree>((tree, member) => {
    const changed = replaced(tree, member.path, (value) => change(member, value));
    return changed as AnswerTree;
  }, body);
}

function replaced(tree: Json, path: readonly string[], change: (value: Json) => Json | undefined): Json {
  if (Array.isArray(tree)) return tree.map((one: Json) => replaced(one, path, change));
  const [name, ...rest] = path;
  if (typeof tree !== 'object' || tree === null || name === undefined || !Object.hasOwn(tree, name)) return tree;
  const members = tree as AnswerTree;
  const value = members[name] ?? null;
  const made = rest.length === 0 ? change(value) : replaced(value, rest, change);
  return Object.fromEntries(
    Object.entries(members).flatMap(([key, one]) => (key !== name ? [[key, one]] : made === undefined ? [] : [[key, made]])),
  );
}

/** What everybody may see who may ask. */
export function withoutSealed(body: AnswerTree, { sealed }: Pick<CompiledView, 'sealed'>): AnswerTree {
  return sealed.length === 0 ? body : replaceMembers(body, sealed, () => undefined);
}
