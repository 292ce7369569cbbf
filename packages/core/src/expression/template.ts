/** A tree of JSON whose texts may hold `${…}`: the answer of a view, or the question that it asks. */
import { failed, ok } from '../fault/fault.ts';
import type { Result } from '../fault/fault.ts';
import type { CompileExpression, Expression, ExpressionFault, Values } from './expression.ts';
import { WrongValue } from './number-functions.ts';
import { placeholdersIn } from './placeholders.ts';
import type { Json } from './to-json.ts';
import { toJson } from './to-json.ts';
import type { Work } from './work.ts';
import { evaluateWith, WorkSpent } from './work.ts';

export interface TemplateFault extends ExpressionFault {
  /** Place in the tree. */
  readonly path: string;
}

export interface Template {
  readonly uses: ReadonlySet<string>;
  /** Whether anything in it is an expression. */
  fill(values: Values, work: Work): Result<Json, TemplateFault>;
}

/** @throws Unfilled */
type Fill = (values: Values, work: Work) => Json;

class Unfilled extends Error {
  readonly fault: TemplateFault;
  constructor(fault: TemplateFault) {
    super(fault.message);
    this.fault = fault;
  }
}

export interface TemplateError {
  readonly path: string;
  readonly message: string;
}

/** Every error of the tree is told, each with its path. */
export function compileTemplate(tree: unknown, compile: CompileExpression): Result<Template, readonly TemplateError[]> {
  const errors: TemplateError[] = [];
  const uses = new Set<string>();
  const fill = compileNode(tree, '', { compile, errors, uses });
  if (errors.length > 0) return failed(errors);
  return ok({
    uses,
    fill(values, work) {
      try {
        return ok(fill(values, work));
      } catch (error) {
        if (error instanceof Unfilled) return failed(error.fault);
        throw error;
      }
    },
  });
}

interface Compiling {
  readonly compile: CompileExpression;
  readonly errors: TemplateError[];
  readonly uses: Set<string>;
}

function compileNode(node: unknown, path: string, compiling: Compiling): Fill {
  if (typeof node === 'string') return compileText(node, path, compiling);
  if (Array.isArray(node)) {
    const parts = node.map((one, at) => compileNode(one, `${path}[${at}]`, compiling));
    return (values, work) => parts.map((part) => part(values, work));
  }
  if (typeof node === 'object' && node !== null) {
    const members = Object.entries(node).map(([name, one]) => ({
      name,
      part: compileNode(one, path === '' ? name : `${path}.${name}`, compiling),
    }));
    return (values, work) => Object.fromEntries(members.map(({ name, part }) => [name, part(values, work)]));
  }
  const constant = toJson(node);
  return () => constant;
}

function compileText(text: string, path: string, compiling: Compiling): Fill {
  const parts = placeholdersIn(text);
  if (parts === null) {
    compiling.errors.push({ path, message: 'opens a ${ that nothing closes' });
    return () => null;
  }
  const fills = parts.map((part) => (part.kind === 'text' ? () => part.text : compileHole(part.text, path, compiling)));
  const [only] = fills;
  if (fills.length === 1 && only !== undefined) return only;
  return (values, work) => fills.map((fill) => inText(fill(values, work))).join('');
}

function inText(value: Json): string {
  if (value === null) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function compileHole(text: string, path: string, { compile, errors, uses }: Compiling): Fill {
  const compiled = compile(text);
  if (!compiled.ok) {
    errors.push({ path, message: compiled.fault });
    return () => null;
  }
  for (const name of compiled.value.uses) uses.add(name);
  return (values, work) => evaluated(compiled.value, { values, work, path });
}

interface Evaluating {
  readonly values: Values;
  readonly work: Work;
  readonly path: string;
}

/** @throws Unfilled */
function evaluated(expression: Expression, { values, work, path }: Evaluating): Json {
  const result = expression.evaluate(values, work);
  if (!result.ok) throw new Unfilled({ ...result.fault, path });
  try {
    return evaluateWith(work, () => toJson(result.value));
  } catch (error) {
    if (error instanceof WorkSpent) throw new Unfilled({ kind: 'spent', message: error.message, path });
    if (error instanceof WrongValue) throw new Unfilled({ kind: 'failed', message: error.message, path });
    throw error;
  }
}
