/** From the text of a write to what is served. What is asked before the event and after it are compiled as views are. */
import { createCompile } from '../expression/expression.ts';
import type { Template } from '../expression/template.ts';
import { failed, ok } from '../fault/fault.ts';
import type { Fault, Result } from '../fault/fault.ts';
import { compileTree, joined } from '../view/compile-queries.ts';
import { compileParam, compileView, lintParam } from '../view/compile-view.ts';
import type { CompiledAs } from '../view/compile-view.ts';
import { parseRoute } from '../view/route-template.ts';
import type { ParamSource, ViewSource } from '../view/view-schema.ts';
import type { CompiledMember, CompiledWrite } from './compiled-write.ts';
import { AFTER_NAMES, BEFORE_NAMES } from './compiled-write.ts';
import { createMemberOf } from './member-paths.ts';
import type { BodyMemberSource, WriteSource } from './write-schema.ts';

export const WRITE_SCOPE = 'ingest:write';

export interface WriteToCompile {
  readonly pack: string;
  readonly name: string;
  readonly write: WriteSource;
}

type Report = (path: string, message: string) => void;

const METHODS = ['POST', 'PUT', 'PATCH', 'DELETE'];
const BEFORE: CompiledAs = { section: 'writes', names: BEFORE_NAMES, methods: METHODS };
const AFTER: CompiledAs = { section: 'writes', names: AFTER_NAMES, methods: METHODS };

export function compileWrite({ pack, name, write }: WriteToCompile): Result<CompiledWrite, readonly Fault[]> {
  const faults: Fault[] = [];
  const report: Report = (path, message) => void faults.push({ code: 'pack_invalid', path: `writes.${name}.${path}`, message });
  if ((write.event === undefined) === (write.each === undefined)) report('event', 'a write has either an event or each');
  const body = Object.entries(write.body).map(([member, source]) => compileMember(member, source, report));
  const view = compileViewParams(write, report);
  const checks = compileView({ pack, name, view: checksOf(write), as: BEFORE });
  const reply = compileView({ pack, name, view: replyOf(write), as: AFTER });
  if (!checks.ok) faults.push(...checks.fault.map(toPlaceBefore));
  if (!reply.ok) faults.push(...reply.fault.map(toPlaceAfter));
  if (!checks.ok || !reply.ok || faults.length > 0) return failed(faults);
  return ok({ pack, write: name, ...plainParts(name, write), body, checks: checks.value, reply: reply.value, view });
}

/** What is compiled without a fault once the route is. */
function plainParts(name: string, write: WriteSource): Omit<CompiledWrite, 'pack' | 'write' | 'body' | 'checks' | 'reply' | 'view'> {
  const parsed = parseRoute(write.route);
  const route = parsed.ok ? parsed.value : { method: 'POST', path: write.route, params: [] };
  return {
    ...{ title: write.title ?? name, route, scope: write.scope ?? WRITE_SCOPE },
    rules: write.rules.map(({ path, message }) => ({ path, message })),
    each: write.each ?? null,
    eventsMax: write.events_max,
    bodyBytesMax: write.body_bytes_max ?? null,
    waits: write.waits && write.each === undefined,
    status: write.status ?? usualStatus(write.waits, route.method),
    memberOf: createMemberOf(write.event ?? {}, wholesOf(write)),
  };
}

function wholesOf({ body }: WriteSource): ReadonlySet<string> {
  return new Set(Object.keys(body).filter((name) => body[name]?.type === 'json'));
}

function usualStatus(waits: boolean, method: string): CompiledWrite['status'] {
  if (!waits) return 202;
  return method === 'POST' ? 201 : 200;
}

/** What `eventOf` reads. */
function checksOf({ route, params, checks, exists, conflict, rules, event }: WriteSource): ViewSource {
  const { type = '', id = '${id}', subject = null, occurred_at: occurredAt = '${now}', data = {} } = event ?? {};
  return {
    ...{ route, params, queries: checks },
    ...(exists === undefined ? {} : { exists }),
    answer: {
      conflict: conflict === undefined ? false : asked(conflict),
      rules: rules.map(({ that }) => asked(that)),
      event: { id, type, subject, occurred_at: occurredAt, data },
    },
  };
}

function replyOf({ reads, let: lets, answer = { id: '${id}', receipt: '${receipt}' } }: WriteSource): ViewSource {
  // A row that was asked for and is not there: what came after the event took it away.
  const ofRows = Object.entries(reads).find(([, query]) => query['entity'] !== undefined);
  return {
    ...{ params: {}, queries: reads, answer },
    ...(ofRows === undefined ? {} : { exists: `size(${ofRows[0]}) > 0` }),
    ...(lets === undefined ? {} : { let: lets }),
  };
}

/** An expression as a text of a tree. */
function asked(expression: string): string {
  return `\${${expression}}`;
}

/** A member of a body; `report` hears what is wrong with its declaration. */
export function compileMember(name: string, source: BodyMemberSource, report: Report): CompiledMember {
  const { type } = source;
  // What is declared of `json` is declared of a text: that it may be absent.
  const asParam: ParamSource = { ...source, type: type === 'json' ? 'string' : type };
  lintParam(asParam, false, (path, message) => report(`body.${name}${path}`, message));
  return { ...compileParam(name, asParam, null), type };
}

function compileViewParams({ view }: WriteSource, report: Report): CompiledWrite['view'] {
  if (view === undefined) return null;
  const names = AFTER_NAMES.filter((one) => one !== 'view');
  const params: Template | null = compileTree(view.params, createCompile(names), (path, message) =>
    report(joined('view.params', path), message),
  );
  return params === null ? null : { name: view.name, params };
}

/** Where the author wrote what was compiled as part of a view. */
function toPlaceBefore(fault: Fault): Fault {
  const path = (fault.path ?? '')
    .replace(/^(writes\.[^.]+)\.queries/, '$1.checks')
    .replace(/^(writes\.[^.]+)\.answer\.(event|conflict)/, '$1.$2')
    .replace(/^(writes\.[^.]+)\.answer\.rules\[(\d+)\]/, '$1.rules.$2.that');
  return { ...fault, path };
}

function toPlaceAfter(fault: Fault): Fault {
  return { ...fault, path: (fault.path ?? '').replace(/^(writes\.[^.]+)\.queries/, '$1.reads') };
}
