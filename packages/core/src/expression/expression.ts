/** One expression of a pack: compiled once, evaluated without parsing, within a bound of work. */
import type { ASTNode } from '@marcbachmann/cel-js';
import { failed, ok } from '../fault/fault.ts';
import type { Result } from '../fault/fault.ts';
import { environmentOf } from './environment.ts';
import { instrument, visitNodes } from './instrument.ts';
import { WrongValue } from './number-functions.ts';
import type { Work } from './work.ts';
import { evaluateWith, WorkSpent } from './work.ts';

/** What the names of an expression stand for. */
export type Values = Readonly<Record<string, unknown>>;

export interface ExpressionFault {
  /** `spent`: it does more than an answer may cost; `failed`: the values are not what it needs. */
  readonly kind: 'spent' | 'failed';
  /** Names no value. */
  readonly message: string;
}

export interface Expression {
  /** Names among those that are known which it uses. */
  readonly uses: ReadonlySet<string>;
  evaluate(values: Values, work: Work): Result<unknown, ExpressionFault>;
}

export const EXPRESSION_LENGTH_MAX = 4_000;

export type CompileExpression = (text: string) => Result<Expression, string>;

/** `names`: what may be used; the fault says in words what is wrong with the text. */
export function createCompile(names: readonly string[]): CompileExpression {
  const environment = environmentOf(names);
  const known = new Set(names);

  function parse(text: string): ((values: Values) => unknown) & { readonly ast: ASTNode } {
    const checked = environment.check(text);
    if (checked.error !== undefined) throw checked.error;
    return environment.parse(text);
  }

  return function compile(text) {
    if (text.length > EXPRESSION_LENGTH_MAX) return failed(`is longer than ${EXPRESSION_LENGTH_MAX} characters`);
    try {
      const { ast } = parse(text);
      const refused = refusedIn(ast, known);
      if (refused !== null) return failed(refused);
      const run = parse(instrument(text, ast));
      return ok({ uses: namesIn(ast, known), evaluate: (values, work) => evaluate(run, values, work) });
    } catch (error) {
      return failed(summaryOf(error));
    }
  };
}

function evaluate(run: (values: Values) => unknown, values: Values, work: Work): Result<unknown, ExpressionFault> {
  try {
    const value = evaluateWith(work, () => run(values));
    // `exists` and `all` pass over what fails in one element.
    return work.left < 0 ? failed(SPENT) : ok(value);
  } catch (error) {
    if (work.left < 0 || error instanceof WorkSpent) return failed(SPENT);
    return failed({ kind: 'failed', message: runtimeMessage(error) });
  }
}

const SPENT: ExpressionFault = { kind: 'spent', message: 'does more than one answer may cost' };

/** What the parser takes and packs may not have. */
function refusedIn(root: ASTNode, known: ReadonlySet<string>): string | null {
  let refused: string | null = null;
  visitNodes(root, (node) => {
    const called = node.op === 'call' || node.op === 'rcall' ? node.args[0] : '';
    if (called === 'matches') refused = 'calls matches, whose work has no bound: use startsWith, endsWith or contains';
    if (called.endsWith('_')) refused = `calls ${called}, which no pack may`;
    const bound = boundBy(node);
    if (bound !== null && known.has(bound)) refused = `calls one element ${bound}, which is the name of something else`;
  });
  return refused;
}

/** The name that a loop or `cel.bind` gives. */
function boundBy(node: ASTNode): string | null {
  if (node.op !== 'rcall') return null;
  const [first, ...others] = node.args[2];
  return first?.op === 'id' && others.length > 0 ? first.args : null;
}

function namesIn(root: ASTNode, known: ReadonlySet<string>): ReadonlySet<string> {
  const found = new Set<string>();
  visitNodes(root, (node) => {
    if (node.op === 'id' && known.has(node.args)) found.add(node.args);
  });
  return found;
}

function summaryOf(error: unknown): string {
  const summary: unknown = error instanceof Error ? Reflect.get(error, 'summary') : undefined;
  return `is no expression that can be evaluated: ${typeof summary === 'string' ? summary : 'it cannot be read'}`;
}

/** Words of the library that name types and members of the pack, and never a value. */
const NAMES_NO_VALUE: ReadonlySet<unknown> = new Set(['no_such_key', 'no_such_overload', 'no_matching_overload', 'invalid_condition_type']);

function runtimeMessage(error: unknown): string {
  if (error instanceof WrongValue) return error.message;
  const cause: unknown = error instanceof Error ? error.cause : undefined;
  if (cause instanceof WrongValue) return cause.message;
  const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined;
  const summary: unknown = error instanceof Error ? Reflect.get(error, 'summary') : undefined;
  return NAMES_NO_VALUE.has(code) && typeof summary === 'string' ? summary : 'cannot be worked out of these values';
}
