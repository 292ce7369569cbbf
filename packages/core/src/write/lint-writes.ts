/** Whether the writes of a pack can be served: each is compiled, what it asks is put to the planner, and its event is one of the pack. */
import type { Fault } from '../fault/fault.ts';
import type { CompiledEventType } from '../pack/compiled.ts';
import type { AskedAbout } from '../view/lint-query.ts';
import { SAMPLE_NOW } from '../view/lint-query.ts';
import { lintQuery, sampleParam } from '../view/lint-views.ts';
import { parseRoute, routeShape } from '../view/route-template.ts';
import type { ViewSource } from '../view/view-schema.ts';
import { compileWrite } from './compile-write.ts';
import type { CompiledMember, CompiledWrite } from './compiled-write.ts';
import type { WriteSource } from './write-schema.ts';

export interface WritesToLint {
  readonly pack: string;
  readonly writes: Readonly<Record<string, WriteSource>>;
  readonly views: Readonly<Record<string, ViewSource>>;
  readonly about: AskedAbout;
}

type Report = (path: string, message: string) => void;

export function lintWrites({ pack, writes, views, about }: WritesToLint): readonly Fault[] {
  const faults: Fault[] = [];
  const shapes = new Set(Object.values(views).flatMap(({ route }) => shapeOf(route)));
  for (const [name, write] of Object.entries(writes)) {
    const report: Report = (path, message) => faults.push({ code: 'pack_invalid', path: `writes.${name}.${path}`, message });
    const compiled = compileWrite({ pack, name, write });
    if (!compiled.ok) {
      faults.push(...compiled.fault);
      continue;
    }
    for (const shape of shapeOf(write.route)) {
      if (shapes.has(shape)) report('route', 'another route of the pack is this one');
      shapes.add(shape);
    }
    lintQueries(compiled.value, about, report);
    lintNames(write, { writes, views, report });
    lintEvent(write, about.eventTypes, report);
  }
  return faults;
}

function shapeOf(route: string | undefined): readonly string[] {
  const parsed = route === undefined ? null : parseRoute(route);
  return parsed?.ok === true ? [routeShape(parsed.value)] : [];
}

function lintQueries(write: CompiledWrite, about: AskedAbout, report: Report): void {
  const more = (isFull: boolean) => ({
    body: Object.fromEntries(write.body.map((member) => [member.name, sampleMember(member, isFull)])),
    given: Object.fromEntries(write.checks.params.map(({ name }) => [name, 'sample'])),
    ...{ id: 'sample', receipt: 'sample', received_at: SAMPLE_NOW },
    view: {},
  });
  const params = write.checks.params;
  for (const query of write.checks.queries) lintQuery(write.checks, query, { about, more, report: under('checks', report) });
  for (const query of write.reply.queries) lintQuery({ ...write.reply, params }, query, { about, more, report: under('reads', report) });
}

function under(section: string, report: Report): Report {
  return (path, message) => report(path.replace(/^queries/, section), message);
}

function sampleMember(member: CompiledMember, isFull: boolean): unknown {
  const { type } = member;
  return type === 'json' ? {} : sampleParam({ ...member, type }, isFull);
}

interface Named extends Pick<WritesToLint, 'writes' | 'views'> {
  readonly report: Report;
}

function lintNames({ each, view, body }: WriteSource, { writes, views, report }: Named): void {
  if (view !== undefined && !Object.hasOwn(views, view.name)) report('view.name', 'is no view of this pack');
  if (each === undefined) return;
  const one = Object.hasOwn(writes, each) ? writes[each] : undefined;
  if (one?.event === undefined) report('each', 'is no write of this pack that has an event');
  else if (Object.keys(one.checks).length > 0) report('each', 'asks for rows first, which a list of events does not');
  if (Object.keys(body).length > 0) report('body', 'is what the write named by each declares');
}

/** An event whose type stands in the pack as it is has the fields of that type, and what it must have. */
function lintEvent({ event }: WriteSource, types: ReadonlyMap<string, CompiledEventType>, report: Report): void {
  if (event === undefined || event.type.includes('${')) return;
  const type = types.get(event.type);
  if (type === undefined) return report('event.type', 'is no event type of this pack');
  if (type.subject === 'required' && event.subject === undefined) report('event.subject', 'the event type needs one');
  if (typeof event.data !== 'string') lintData(new Set(Object.keys(event.data)), type, report);
}

function lintData(names: ReadonlySet<string>, { fields }: CompiledEventType, report: Report): void {
  const sent = fields.filter(({ derive }) => derive === undefined);
  const known = new Set(sent.map(({ name }) => name));
  for (const name of names) if (!known.has(name)) report(`event.data.${name}`, 'is no field that may be sent');
  for (const { name, isOptional } of sent) if (!isOptional && !names.has(name)) report('event.data', `lacks ${name}`);
}
