import { compareExact, parseExact } from '../event/exact-number.ts';
import type { ExactNumber } from '../event/exact-number.ts';
import { SUBJECT_FIELD, TOP_K } from './compile-measures.ts';
import { isUnreadable } from './lint-persons.ts';
import type { EventTypeSource, FieldSource, MeasureSource } from './schema.ts';

type Report = (path: string, message: string) => void;
type Kind = MeasureSource['measure'];

const NUMERIC = ['integer', 'decimal', 'number'];
/** Types whose values are one text each: of a double two writings can mean one number, of a timestamp one instant. */
const NAMEABLE = ['string', 'enum', 'integer', 'boolean', 'date'];
const CARRIED = [...NUMERIC, 'string', 'enum', 'boolean', 'date', 'timestamp'];
/** Longest text that a state keeps: top_k holds hundreds of them. */
const KEPT_LENGTH_MAX = 256;

/** Measures whose states or answers hold values themselves, or hashes that tell them. */
const BY_VALUE: ReadonlySet<Kind> = new Set<Kind>(['first', 'last', 'distinct', 'top_k']);
/** Measures that keep texts. */
const KEEPS_TEXT: ReadonlySet<Kind> = new Set<Kind>(['first', 'last', 'top_k']);

function typesOf(kind: Kind): readonly string[] {
  if (kind === 'first' || kind === 'last') return CARRIED;
  if (kind === 'distinct') return [...NAMEABLE, 'decimal'];
  return kind === 'top_k' ? NAMEABLE : NUMERIC;
}

/** `events`: the metric's event types. */
export function lintMeasure(measure: MeasureSource, events: readonly EventTypeSource[], report: Report): void {
  lintOptions(measure, report);
  const { measure: kind, field } = measure;
  if (kind === 'count') {
    if (field !== undefined) report('field', 'count counts events and takes no field');
    return;
  }
  if (field === SUBJECT_FIELD && (kind === 'distinct' || kind === 'top_k')) return lintSubject(events, report);
  const found = events.flatMap((event) => (field === undefined ? [] : (event.fields[field] ?? [])));
  if (found.length === 0) report('field', 'names a field that none of the events declares');
  if (new Set(found.map((one) => one.type)).size > 1) report('field', 'has different types in the events of the metric');
  const types = typesOf(kind);
  if (found.some(({ type }) => !types.includes(type))) report('field', `${kind} needs a field of type ${listed(types)}`);
  for (const one of found) lintTaken(kind, one, report);
}

function lintSubject(events: readonly EventTypeSource[], report: Report): void {
  if (events.length > 0 && events.every(({ subject }) => subject === 'none'))
    report('field', 'names the subject, which no event type of the metric takes');
  if (events.some(({ fields }) => fields[SUBJECT_FIELD] !== undefined)) {
    report('field', 'could be the event’s subject or the field of that name: name the field otherwise');
  }
}

function lintTaken(kind: Kind, field: FieldSource, report: Report): void {
  const isTreated = field.action === 'hash' || field.action === 'pseudonymise';
  if (field.action === 'seal') report('field', 'names a sealed field: derive from it what is needed');
  else if (isUnreadable(field)) report('field', 'names a field that is not kept');
  if (isTreated && !BY_VALUE.has(kind)) report('field', 'names a field that is not kept');
  if (!isTreated && BY_VALUE.has(kind)) lintPlain(kind, field, report);
}

/** A field whose values the measure holds, or hashes of them, as they were sent. */
function lintPlain(kind: Kind, { type, sensitive, derive, max_length: lengthMax = Infinity }: FieldSource, report: Report): void {
  if (sensitive === 'id' || sensitive === 'pii') {
    report('field', `${kind} may take a field that names a person only when it is hashed or pseudonymised`);
  }
  // Bands and hashes are short.
  if (type === 'string' && derive === undefined && KEEPS_TEXT.has(kind) && lengthMax > KEPT_LENGTH_MAX) {
    report('field', `${kind} keeps texts: give the field a max_length of at most ${KEPT_LENGTH_MAX}`);
  }
}

/** The kind of measure that each option belongs to. */
const OPTIONS = { bounds: 'histogram', k: 'top_k', counters: 'top_k', exact_to: 'distinct' } as const;

function lintOptions(measure: MeasureSource, report: Report): void {
  for (const [option, kind] of Object.entries(OPTIONS) as [keyof typeof OPTIONS, Kind][]) {
    if (measure[option] !== undefined && measure.measure !== kind) report(option, `belongs to ${kind} only`);
  }
  const { k = TOP_K, counters = k, bounds } = measure;
  if (counters < k) report('counters', 'is less than k');
  if (bounds !== undefined) lintBounds(bounds.map(parseExact), report);
  else if (measure.measure === 'histogram') report('bounds', 'a histogram needs bounds');
}

function lintBounds(bounds: readonly (ExactNumber | null)[], report: Report): void {
  let before: ExactNumber | null = null;
  for (const [at, bound] of bounds.entries()) {
    if (bound === null) report(`bounds[${at}]`, 'has more digits than can be held exactly');
    else if (before !== null && compareExact(before, bound) >= 0) report(`bounds[${at}]`, 'does not rise');
    before = bound ?? before;
  }
}

function listed(types: readonly string[]): string {
  return `${types.slice(0, -1).join(', ')} or ${types.at(-1) ?? ''}`;
}
