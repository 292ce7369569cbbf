/** A route that writes, as it is served: everything compiled, nothing parsed at a request. */
import type { Template } from '../expression/template.ts';
import type { CompiledParam, CompiledView } from '../view/compiled-view.ts';
import type { RouteTemplate } from '../view/route-template.ts';
import type { BodyMemberSource } from './write-schema.ts';

export interface CompiledMember extends Omit<CompiledParam, 'type'> {
  readonly type: BodyMemberSource['type'];
}

export interface CompiledWrite {
  readonly pack: string;
  readonly write: string;
  readonly title: string;
  readonly route: RouteTemplate;
  readonly scope: string;
  readonly body: readonly CompiledMember[];
  /** Its parameters, what is asked before the event is sent, and what that comes to (`eventOf`). */
  readonly checks: CompiledView;
  readonly rules: readonly { readonly path: string; readonly message: string }[];
  /** Another write, of which the body is a list; null: the body is of one event. */
  readonly each: string | null;
  readonly eventsMax: number;
  readonly bodyBytesMax: number | null;
  readonly waits: boolean;
  /** What is asked once the event is counted, and the answer. */
  readonly reply: CompiledView;
  readonly view: { readonly name: string; readonly params: Template } | null;
  readonly status: 200 | 201 | 202;
  /** The caller's member that a member of the event is made of; the empty text where that is not one alone. */
  readonly memberOf: (path: string) => string;
}

/** What expressions of a write may name beside those of a view: members of the body, texts of the path as they were given, and the id. */
export const BEFORE_NAMES = ['params', 'now', 'caller', 'meta', 'body', 'given', 'id'] as const;
/** And once the event is accepted. */
export const AFTER_NAMES = [...BEFORE_NAMES, 'receipt', 'received_at', 'view'] as const;
