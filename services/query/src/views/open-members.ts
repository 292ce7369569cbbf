/**
 * The last step of an answer that holds sealed values of one person, after every cache: members that the caller may see are
 * opened, all others are left out. What could not be opened is null, and `meta.sealed` says why.
 */
import type { CompiledView, Json, SealedMember, ViewValues } from '@tidegate/core';
import { personParam, replaceMembers, textsOfMembers, withoutSealed } from '@tidegate/core';
import type { Caller, Exchange, OpenedValues } from '@tidegate/http';
import { decodeExactJson, OPENED_VALUES_MAX } from '@tidegate/http';
import type { Registry } from '../registry.ts';
import type { OpenFields } from './field-opener.ts';
import type { RunView, ViewAnswer } from './run-view.ts';

export interface OpenMembersDeps {
  readonly openFields: OpenFields;
  readonly registry: Pick<Registry, 'pack'>;
}

/** `erased`: the key is destroyed; `unreadable`: it opens with no key that is known; `unavailable`: nobody can be asked now. */
export type Unopened = 'erased' | 'unreadable' | 'unavailable';

export interface OpenedAnswer {
  readonly body: ViewAnswer['body'];
  /** Fields that are shown opened. */
  readonly opened: readonly string[];
  /** By the name of the member. */
  readonly unopened: Readonly<Record<string, Unopened>>;
}

export interface ToOpen {
  readonly view: CompiledView;
  readonly values: ViewValues;
  readonly body: ViewAnswer['body'];
}

/** Sensitive members are for the person alone: a token that was made to show some rows stands for nobody. */
export function mayInclude({ subject, rows }: Caller, { view, values }: Pick<ToOpen, 'view' | 'values'>): boolean {
  const person = personParam(view);
  return !values.includesSensitive || (rows === undefined && person !== null && values.params[person] === subject);
}

export async function openMembers(
  { openFields, registry }: OpenMembersDeps,
  { caller, context }: Pick<Exchange, 'caller' | 'context'>,
  { view, values, body }: ToOpen,
): Promise<OpenedAnswer> {
  const isShown = ({ isSensitive }: SealedMember): boolean => !isSensitive || values.includesSensitive;
  const shown = withoutSealed(body, { sealed: view.sealed.filter((member) => !isShown(member)) });
  const members = view.sealed.filter(isShown);
  const texts = textsOfMembers(shown, members).filter(({ text }) => text.startsWith(SEALED));
  if (texts.length === 0) return { body: shown, opened: [], unopened: {} };
  const subject = values.pseudonyms[personParam(view) ?? ''] ?? '';
  const entities = registry.pack(caller.tenant, view.pack)?.compiled.entities;
  const asked = texts.map(({ member: { entity, field }, text }) => ({
    ...{ types: [...(entities?.get(entity)?.events ?? [])], field, value: text },
  }));
  const isAskable = texts.length <= OPENED_VALUES_MAX && asked.every(({ types }) => types.length > 0);
  const told = isAskable ? await openFields({ subject, values: asked }, { caller, context }) : null;
  return put(shown, members, told);
}

/** Begins what was sealed, of any version; what does not begin so was kept before the pack sealed the field. */
const SEALED = 'tgs';

const REASONS = { gone: 'erased', unreadable: 'unreadable', there: 'unreadable' } as const;

/** Values come back in the order in which they are found again. */
function put(body: ViewAnswer['body'], members: readonly SealedMember[], told: OpenedValues | null): OpenedAnswer {
  const opened = new Set<string>();
  const unopened: Record<string, Unopened> = {};
  let at = 0;
  const filled = replaceMembers(body, members, ({ name, field }, value) => {
    if (typeof value !== 'string' || !value.startsWith(SEALED)) return value;
    const json = told?.values[at] ?? null;
    at += 1;
    if (json === null) unopened[name] = told === null ? 'unavailable' : REASONS[told.key];
    else opened.add(field);
    return json === null ? null : valueOf(json);
  });
  return { body: filled, opened: [...opened].toSorted(), unopened };
}

/** A number of more digits than a double holds is told as text. */
function valueOf(json: string): Json {
  const read = decodeExactJson(Buffer.from(json));
  return read.ok && read.value !== null ? (read.value.value as Json) : json;
}

/** For all who make something of a view's answer, or keep it: sealed members are not theirs. */
export function createBareView(runView: RunView): RunView {
  return async function bareView(asked) {
    const outcome = await runView(asked);
    if (!outcome.ok || asked.view.sealed.length === 0) return outcome;
    return { ok: true, answer: { ...outcome.answer, body: withoutSealed(outcome.answer.body, asked.view) } };
  };
}
