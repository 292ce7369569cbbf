/** From the text of an insight to what is asked. */
import { createCompile } from '../expression/expression.ts';
import type { Expression, Values } from '../expression/expression.ts';
import { toJson } from '../expression/to-json.ts';
import type { Template } from '../expression/template.ts';
import type { Work } from '../expression/work.ts';
import { evaluateWith } from '../expression/work.ts';
import { failed, ok } from '../fault/fault.ts';
import type { Fault, Result } from '../fault/fault.ts';
import { lintFindingEvent } from './lint-finding-event.ts';
import type { PackSource } from '../pack/schema.ts';
import { compileTree, joined } from '../view/compile-queries.ts';
import type { Finding, InsightSource } from './insight-schema.ts';
import { FINDINGS_SCHEMA } from './insight-schema.ts';

export interface CompiledInsight {
  readonly pack: string;
  readonly insight: string;
  readonly title: string;
  readonly of: InsightSource['of'];
  readonly view: { readonly name: string; readonly params: Template };
  /** The findings, or the place and the fault where what the rules come to is none; each rule finds a thing once. */
  readonly find: (values: Values, work: Work) => Result<readonly Finding[], string>;
  /** Null: it is looked for when somebody reads. */
  readonly everyS: number | null;
  /** Null: a finding is no event. */
  readonly event: FindingEvent | null;
}

/** The event that a finding is told as when it begins. */
export interface FindingEvent {
  readonly type: string;
  /** Over `finding` and `now`. */
  readonly data: Template;
}

const PARAM_NAMES = ['subject', 'now'];
const EVENT_NAMES = ['finding', 'now'];

export function compileInsight(pack: string, name: string, source: InsightSource): Result<CompiledInsight, readonly Fault[]> {
  const faults: Fault[] = [];
  const report = (path: string, message: string): void =>
    void faults.push({ code: 'pack_invalid', path: `insights.${name}.${path}`, message });
  const params = compileTree(source.view.params, createCompile(PARAM_NAMES), (path, message) =>
    report(joined('view.params', path), message),
  );
  const findings = createCompile([...PARAM_NAMES, 'view'])(source.findings);
  if (!findings.ok) report('findings', findings.fault);
  const event = compileEvent(source, report);
  if (params === null || !findings.ok || faults.length > 0) return failed(faults);
  const view = { name: source.view.name, params };
  const told = { everyS: source.every_s ?? null, event };
  return ok({ pack, insight: name, title: source.title ?? name, of: source.of, view, find: createFind(findings.value), ...told });
}

function compileEvent({ event }: InsightSource, report: (path: string, message: string) => void): FindingEvent | null {
  if (event === undefined) return null;
  const data = compileTree(event.data, createCompile(EVENT_NAMES), (path, message) => report(joined('event.data', path), message));
  return data === null ? null : { type: event.type, data };
}

function createFind(expression: Expression): CompiledInsight['find'] {
  return function find(values, work) {
    const found = expression.evaluate(values, work);
    if (!found.ok) return failed(found.fault.message);
    const read = FINDINGS_SCHEMA.safeParse(evaluateWith(work, () => toJson(found.value)));
    if (!read.success) return failed(`is no list of findings at ${read.error.issues[0]?.path.map(String).join('.') ?? ''}`);
    const names = new Set(read.data.map(({ rule, about }) => `${rule}\n${about}`));
    return names.size === read.data.length ? ok(read.data) : failed('finds the same twice');
  };
}

/** By name. Of a pack that was linted: what cannot be compiled all the same is left out. */
export function compileInsights({ pack, insights = {} }: PackSource): ReadonlyMap<string, CompiledInsight> {
  const compiled = Object.entries(insights).map(([name, source]) => compileInsight(pack, name, source));
  return new Map(compiled.flatMap((one) => (one.ok ? [[one.value.insight, one.value] as const] : [])));
}

export function lintInsights({ pack, insights = {}, views = {}, events }: PackSource): readonly Fault[] {
  return Object.entries(insights).flatMap(([name, source]) => {
    const compiled = compileInsight(pack, name, source);
    const faults: Fault[] = compiled.ok ? [] : [...compiled.fault];
    const report = (message: string): void => void faults.push({ code: 'pack_invalid', path: `insights.${name}.view.name`, message });
    const view = Object.hasOwn(views, source.view.name) ? views[source.view.name] : undefined;
    if (view === undefined) report('is no view of this pack');
    else if (Object.values(view.queries).some((query) => query['insights'] !== undefined)) report('asks for insights itself');
    faults.push(...lintFindingEvent(name, source, events));
    return faults;
  });
}
