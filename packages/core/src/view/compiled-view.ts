/** A view as it is served: everything compiled, nothing parsed at a request. */
import type { Expression } from '../expression/expression.ts';
import type { Template } from '../expression/template.ts';
import type { RouteTemplate } from './route-template.ts';
import type { ParamSource, WindowSource } from './view-schema.ts';

/** A field of the one row of the person, or of the thing, whom the parameter `of` names. */
export interface RowDefault {
  readonly entity: string;
  readonly field: string;
  readonly of: string;
}

export interface CompiledParam {
  readonly name: string;
  readonly type: ParamSource['type'];
  readonly title?: string;
  /** Null without a value; otherwise a request without one is refused. */
  readonly isOptional: boolean;
  readonly default?: string | number | boolean;
  /** The row that says what it is before `default` does. */
  readonly from?: RowDefault;
  readonly values?: readonly string[];
  readonly min?: number;
  readonly max?: number;
  readonly lengthMax: number;
  /** The scope with which it may name everybody. */
  readonly everybody?: string;
}

export interface CompiledQuery {
  readonly name: string;
  readonly source: 'question' | 'entity' | 'insights' | 'stream';
  /** False: it is not asked and has no rows. */
  readonly when: Expression | null;
  readonly body: Template;
  /** Queries whose rows it is made of. */
  readonly needs: readonly string[];
  /** How old a kept answer may become when what it reads has changed. */
  readonly mayAgeMs: number;
}

/** A value that what comes after it may name. */
export interface CompiledLet {
  readonly name: string;
  readonly value: Template;
}

export interface CacheClass {
  readonly name: string;
  readonly ttlMs: number;
  readonly maxStalenessMs: number;
  /** Environment variable that sets the lifetime instead; null: none. */
  readonly env: string | null;
  readonly hitAimPct: number | null;
}

/** A member that is a sealed field of the one person whom the view is about, by its place in the answer; lists on the way are walked. */
export interface SealedMember {
  readonly name: string;
  readonly path: readonly string[];
  readonly entity: string;
  readonly field: string;
  /** Opened only for the person, and only where the request asks for it. */
  readonly isSensitive: boolean;
}

export interface CompiledView {
  readonly pack: string;
  readonly view: string;
  readonly title: string;
  readonly route: RouteTemplate | null;
  readonly scope: string;
  readonly cache: CacheClass | null;
  /** It may take long, and becomes a job then. */
  readonly isBackground: boolean;
  /** Literal parts and names of parameters, by turns; null: the engine names kept answers. */
  readonly cacheKey: readonly string[] | null;
  /** Whether a question reaches back from the moment at which it is asked. */
  readonly asksLast: boolean;
  /** Whether an expression may name who asks. */
  readonly namesCaller: boolean;
  readonly params: readonly CompiledParam[];
  readonly window: WindowSource | null;
  /** Those that others need come first. */
  readonly queries: readonly CompiledQuery[];
  /** Not true: there is no such thing. Null: there always is. */
  readonly exists: Expression | null;
  /** What is there of another person is refused by name. */
  readonly refusesOthers: boolean;
  /** In the order in which they are made. */
  readonly lets: readonly CompiledLet[];
  /** What expressions call the least number of persons, and what it is where nobody asks for more. Null: nothing is withheld. */
  readonly withholds: { readonly as: string; readonly least: number } | null;
  /** Members of the answer that lie in it as they were sealed. */
  readonly sealed: readonly SealedMember[];
  readonly answer: Template;
}
