/** Rules about fields that name or describe a person: what is sealed, and what is derived of it before. */
import { segmentEntries } from './segment.ts';
import type { EventTypeSource, FieldSource, PackSource } from './schema.ts';

type Report = (path: string, message: string) => void;
type Derive = NonNullable<FieldSource['derive']>;

/** The types that a value can be derived from. */
const SOURCE_TYPES: Readonly<Record<Derive['as'], readonly string[] | null>> = {
  year: ['date', 'timestamp'],
  age: ['date'],
  value: ['integer'],
  hash: ['string'],
  present: null,
  table: ['enum', 'string'],
  cases: null,
};
const RESULT_TYPES: Readonly<Record<Exclude<Derive['as'], 'table'>, FieldSource['type']>> = {
  year: 'integer',
  age: 'integer',
  value: 'integer',
  hash: 'string',
  present: 'boolean',
  cases: 'string',
};
/** Members that judge what is sent, which a derived value is not. */
const JUDGING = ['optional', 'min', 'max', 'bounds_by', 'values_by', 'max_length', 'format', 'scale_max', 'values'] as const;

/** Of fields that no reader of the log can read: a metric, dimension or condition on one would find nothing. */
export function isUnreadable({ action }: FieldSource): boolean {
  return action === 'seal' || action === 'drop' || action === 'refuse';
}

export function lintPersonFields(event: EventTypeSource, report: Report): void {
  for (const [name, field] of Object.entries(event.fields)) {
    const at: Report = (path, message) => report(`fields.${name}${path}`, message);
    if (field.action === 'seal') lintSealed(event, field, at);
    if (field.derive !== undefined) lintDerived(event, { field, derive: field.derive }, at);
  }
  lintNamed(event, report);
}

function lintSealed(event: EventTypeSource, field: FieldSource, report: Report): void {
  if (event.subject !== 'required') {
    report('.action', 'seal needs `subject: required`: a value is sealed with the key of the person that the subject names');
  }
  if (field.dimension === true) report('.dimension', 'a sealed field cannot be a dimension: derive from it what is needed');
}

function lintDerived(event: EventTypeSource, { field, derive }: { field: FieldSource; derive: Derive }, report: Report): void {
  lintSource(event, derive, report);
  if (derive.bands !== undefined) lintBands(derive, derive.bands, report);
  else if (derive.as === 'value') report('.derive.bands', 'a value needs bands: without them it would be the field once more');
  for (const way of ['table', 'cases'] as const) {
    if ((derive.as === way) !== (derive[way] !== undefined)) report(`.derive.${way}`, `belongs to \`as: ${way}\`, which needs it`);
  }
  lintCases(event, derive, report);
  lintResult(field, derive, report);
}

function lintResult(field: FieldSource, derive: Derive, report: Report): void {
  const result = resultOf(derive);
  if (result === null) report('.derive.table', 'gives texts alone, or integers alone');
  else if (field.type !== result) report('.type', `must be ${result}, which is what is derived`);
  if (field.action !== undefined && field.action !== 'keep') report('.action', 'a derived field is kept, or not declared');
  for (const member of JUDGING) {
    if (field[member] !== undefined) report(`.${member}`, 'says what may be sent, and a derived field is not sent');
  }
}

/** What a case asks of the event must be sent with it; what is at least something else is a number. */
function lintCases({ fields }: EventTypeSource, { cases = [] }: Derive, report: Report): void {
  for (const [at, { where, at_least: least }] of cases.entries()) {
    const say = (name: string, message: string): void => report(`.derive.cases[${String(at)}]`, `${name} ${message}`);
    const numbers = [...Object.keys(least), ...Object.values(least)];
    for (const name of [...Object.keys(where), ...numbers]) if (!isSent(fields[name])) say(name, 'is no field that is sent');
    for (const name of numbers) if (!NUMBERS.has(fields[name]?.type ?? '')) say(name, 'is no number');
  }
}

function isSent(field: FieldSource | undefined): boolean {
  return field !== undefined && field.derive === undefined && field.action !== 'refuse';
}

const NUMBERS: ReadonlySet<string> = new Set(['integer', 'decimal', 'number']);

/** A table of texts gives texts, one of integers integers; null: of both. */
function resultOf({ as, bands, table = {} }: Derive): FieldSource['type'] | null {
  if (as !== 'table') return bands === undefined ? RESULT_TYPES[as] : 'string';
  const kinds = new Set(Object.values(table).map((value) => typeof value));
  if (kinds.size !== 1) return null;
  return kinds.has('number') ? 'integer' : 'string';
}

function lintSource(event: EventTypeSource, { from, as }: Derive, report: Report): void {
  const source = event.fields[from];
  if (source === undefined) return report('.derive.from', 'names a field that the event type does not declare');
  if (source.derive !== undefined || source.action === 'refuse') report('.derive.from', 'must name a field that is sent');
  const types = SOURCE_TYPES[as];
  if (types !== null && !types.includes(source.type)) report('.derive.from', `${as} is derived from ${types.join(' or ')} fields`);
}

function lintBands({ as }: Derive, bands: readonly number[], report: Report): void {
  if (as === 'hash' || as === 'present' || as === 'table' || as === 'cases') report('.derive.bands', 'belongs to year, age and value only');
  if (bands.some((bound, at) => at > 0 && bound <= (bands[at - 1] ?? 0))) report('.derive.bands', 'does not rise');
}

/** Fields that an event type names as something that is read where the event is sent. */
function lintNamed(event: EventTypeSource, report: Report): void {
  const key = event.key === undefined ? undefined : event.fields[event.key];
  if (key?.action === 'seal') report('key', 'names a sealed field, which no reader of the log can read');
  if (key?.derive !== undefined) report('key', 'names a derived field, which is not sent');
  for (const [name, { bounds_by, values_by }] of Object.entries(event.fields)) {
    for (const [member, by] of Object.entries({ bounds_by, values_by })) {
      if (isDerived(event, by?.field)) report(`fields.${name}.${member}.field`, 'names a derived field, which is not sent');
    }
  }
}

function isDerived({ fields }: EventTypeSource, name = ''): boolean {
  return fields[name]?.derive !== undefined;
}

export function lintPersonMappings(pack: PackSource, report: Report): void {
  for (const [key, { type, fields = {} }] of segmentEntries(pack.segment)) {
    const declared = Object.entries(pack.events[type]?.fields ?? {}).map(([name, field]) => ({ name, field, from: fields[name] }));
    lintMapping(declared, (path, message) => report(`${key.replace(' ', '.')}.fields.${path}`, message));
  }
}

/** `from`: the property that the mapping names. Else a field takes the one of its own name. */
interface MappedField {
  readonly name: string;
  readonly field: FieldSource;
  readonly from: string | undefined;
}

/** A property of a message that one field seals and another one keeps would lie beside its sealed value in the clear. */
function lintMapping(declared: readonly MappedField[], report: Report): void {
  const sealed = new Set(declared.flatMap(({ name, field, from = name }) => (field.action === 'seal' ? [from] : [])));
  for (const { name, field, from } of declared) {
    if (field.derive !== undefined && from !== undefined) report(name, 'is a derived field, which no message can fill');
    if (isInTheClear(field) && sealed.has(from ?? name)) report(name, 'would keep in the clear what another field seals');
  }
}

function isInTheClear({ action = 'keep', derive }: FieldSource): boolean {
  return action === 'keep' && derive === undefined;
}
