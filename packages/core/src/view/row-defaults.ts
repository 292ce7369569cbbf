/** Parameters that nobody gave, from rows that say what they are: of a person the own zone, before the window is laid in it. */
import type { CompiledEntity, EntityColumn } from '../pack/compiled-entity.ts';
import type { CompiledParam, CompiledView, RowDefault } from './compiled-view.ts';
import type { EntityAsk } from './entity-ask.ts';
import type { ParamValue } from './param-values.ts';
import { declaredParams, readText } from './params.ts';
import type { ViewValues } from './params.ts';
import { windowOf } from './window.ts';

/** One reading, whatever the number of parameters that the row says. */
export interface DefaultsRow {
  readonly params: readonly ParamFromRow[];
  /** Null: the parameter that would name the row has no value. */
  readonly ask: EntityAsk | null;
}

type ParamFromRow = CompiledParam & { readonly from: RowDefault };

/** What a parameter came to that nobody gave, as `meta.defaults` tells it. */
export interface DefaultTold {
  readonly value: ParamValue;
  /** `<entity>.<field>`, or `default`. */
  readonly from: string;
  /** Why the row did not say it. */
  readonly why?: 'no_row' | 'no_value' | 'value_invalid';
}

export type DefaultsTold = Readonly<Record<string, DefaultTold>>;

type Row = Readonly<Record<string, unknown>>;
type Entities = ReadonlyMap<string, CompiledEntity>;

export function defaultsRows(view: CompiledView, { params, ofRows }: ViewValues, entities: Entities): readonly DefaultsRow[] {
  const asked = declaredParams(view).filter((param): param is ParamFromRow => param.from !== undefined);
  const open = asked.filter(({ name }) => ofRows?.names.includes(name) === true);
  const first = open.filter((one, at) => open.findIndex((other) => isSameRow(one, other)) === at);
  return first.map((one) => ({
    params: open.filter((other) => isSameRow(one, other)),
    ask: askOf(one.from, entities.get(one.from.entity), params[one.from.of] ?? null),
  }));
}

function isSameRow({ from: a }: ParamFromRow, { from: b }: ParamFromRow): boolean {
  return a.entity === b.entity && a.of === b.of;
}

/** The id is a field, or the person. */
function askOf({ entity }: RowDefault, compiled: CompiledEntity | undefined, named: ParamValue): EntityAsk | null {
  if (named === null || typeof named === 'object') return null;
  const [id] = compiled?.idFields ?? [];
  return id === undefined ? { entity, subject: String(named), where: {}, limit: 1 } : { entity, where: { [id]: { eq: named } }, limit: 1 };
}

export interface RowRead {
  readonly params: readonly ParamFromRow[];
  /** Undefined: there is none. */
  readonly row: Row | undefined;
}

/** With what the rows say, and the window laid anew. */
export function withDefaults(view: CompiledView, values: ViewValues, read: readonly RowRead[]): { values: ViewValues; told: DefaultsTold } {
  const { ofRows, ...known } = values;
  if (ofRows === undefined) return { values, told: {} };
  const told = Object.fromEntries(read.flatMap(({ params, row }) => params.map((param) => [param.name, tellDefault(param, row)] as const)));
  const said = Object.fromEntries(Object.entries(told).map(([name, { value }]) => [name, value]));
  const params = { ...ofRows.asked, ...said };
  // Nothing that a window is refused for depends on what rows say.
  const window = view.window === null ? null : windowOf(view.window, params, () => undefined);
  return { values: { ...known, params: { ...params, ...window?.params }, window }, told };
}

function tellDefault(param: ParamFromRow, row: Row | undefined): DefaultTold {
  const otherwise = { value: param.default ?? null, from: 'default' };
  if (row === undefined) return { ...otherwise, why: 'no_row' };
  const value = row[param.from.field] ?? null;
  if (value === null) return { ...otherwise, why: 'no_value' };
  const read = readText(param, String(value));
  return read.ok ? { value: read.value, from: `${param.from.entity}.${param.from.field}` } : { ...otherwise, why: 'value_invalid' };
}

const COLUMNS: Readonly<Partial<Record<CompiledParam['type'], readonly EntityColumn[]>>> = {
  string: ['text'],
  zone: ['text'],
  integer: ['numeric'],
  number: ['numeric', 'double'],
  boolean: ['boolean'],
  date: ['date'],
};

/** Whether each such parameter names a field of its type, in rows of which there is at most one. */
export function lintRowDefaults(view: CompiledView, entities: Entities, report: (path: string, message: string) => void): void {
  for (const param of declaredParams(view)) {
    const { from } = param;
    if (from === undefined) continue;
    const place = view.params.includes(param) ? `params.${param.name}` : 'window.tz';
    const at = (path: string, message: string): void => report(`${place}.default_from.${path}`, message);
    const entity = entities.get(from.entity);
    if (entity === undefined) at('entity', 'is no entity of this pack');
    else lintRow(view, { ...param, from }, { entity, report: at });
  }
}

interface LintingRow {
  readonly entity: CompiledEntity;
  readonly report: (path: string, message: string) => void;
}

function lintRow({ params }: CompiledView, { type, from }: ParamFromRow, { entity, report }: LintingRow): void {
  const isRead = entity.fields.some(
    ({ name, isSealed, column }) => name === from.field && !isSealed && COLUMNS[type]?.includes(column) === true,
  );
  if (!isRead) report('field', `is no field of the entity that can be read as a ${type}`);
  const ofPerson = params.find(({ name }) => name === from.of)?.type === 'subject';
  if (!isOneRow(entity, ofPerson)) report('of', ofPerson ? ONE_A_PERSON : ONE_A_THING);
}

const ONE_A_PERSON = 'names a person: the entity is one with `id: subject`';
const ONE_A_THING = 'names a thing: the entity is not of persons, and has one id';

function isOneRow({ idFields, isPerEvent, hasSubject, each }: CompiledEntity, ofPerson: boolean): boolean {
  if (isPerEvent || each !== undefined || hasSubject !== ofPerson) return false;
  return idFields.length === (ofPerson ? 0 : 1);
}
