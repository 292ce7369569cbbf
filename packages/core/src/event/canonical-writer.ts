import type { CompiledField } from '../pack/compiled.ts';
import type { Treat } from './derive.ts';
import type { JudgedType } from './event-types.ts';
import type { GrowingBuffer } from './growing-buffer.ts';
import { memberText } from './field-check.ts';
import { writeInstant } from './instant.ts';
import type { EventJudge } from './judge.ts';
import { NO_SOURCE } from './judge.ts';
import type { MemberList } from './member-list.ts';
import { endOf, KIND, startOf } from './member-list.ts';

/** What the writer adds to the sender's bytes. */
export interface CanonicalAdditions {
  readonly tenant: string;
  /** Pseudonym, or "" where the event has no subject. */
  readonly subject: string;
  readonly treat: Treat;
  /** Replaces the JSON of a value whose field is sealed, which only events with a subject have; the result is as that of `treat`. */
  readonly seal: (field: SealedField, json: Uint8Array) => string;
}

export interface SealedField {
  readonly type: string;
  readonly field: string;
}

const encoder = new TextEncoder();
const HEAD = encoder.encode('{"specversion":"1.0","id":');
const SOURCE = encoder.encode(',"source":');
const SUBJECT = encoder.encode('","subject":"');
const TIME = encoder.encode('","time":"');
const SCHEMA_VERSION = encoder.encode(',"schemaversion":');
const DATA = encoder.encode(',"data":');
const EMPTY = encoder.encode('{}');

/**
 * Appends the canonical CloudEvents value of the event that the judge accepted last: members in a fixed order, the sender's
 * own bytes wherever they need no change (id, source, attributes and, unless a field is dropped or replaced, the whole of `data`).
 */
export function writeCanonical(judge: EventJudge, additions: CanonicalAdditions, out: GrowingBuffer): void {
  const { bytes, members, type } = judge;
  if (type === null) return;
  const constants = constantsOf(type, additions.tenant);
  out.copy(HEAD);
  out.copy(judge.idBytes, judge.idStart, judge.idEnd);
  if (judge.source === '') out.copy(constants.noSourceAndType);
  else {
    out.copy(SOURCE);
    copyValue(bytes, members, { index: judge.sourceMember, out });
    out.copy(constants.type);
  }
  if (additions.subject !== '') {
    out.copy(SUBJECT);
    out.ascii(additions.subject);
  }
  out.copy(TIME);
  out.reserve(24);
  writeInstant(judge.timeMs, out.bytes, out.length);
  out.length += 24;
  out.copy(constants.tenantAndVersion);
  if (judge.schemaVersionMember >= 0) {
    out.copy(SCHEMA_VERSION);
    copyValue(bytes, members, { index: judge.schemaVersionMember, out });
  }
  out.copy(DATA);
  writeData(judge, additions, out);
  for (const index of judge.attributes) {
    out.byte(0x2c);
    out.copy(bytes, (members.keyStart[index] ?? 0) - 1, (members.keyEnd[index] ?? 0) + 1);
    out.byte(0x3a);
    copyValue(bytes, members, { index, out });
  }
  out.byte(0x7d);
}

/** Stretches between what differs from event to event: one copy each where there would be a handful of short ones. */
interface Constants {
  readonly tenant: string;
  readonly type: Uint8Array;
  readonly noSourceAndType: Uint8Array;
  readonly tenantAndVersion: Uint8Array;
}

/** A judged type belongs to one tenant's packs; the tenant is compared all the same, since nothing here promises it. */
const constantsByType = new WeakMap<JudgedType, Constants>();

function constantsOf(judged: JudgedType, tenant: string): Constants {
  const known = constantsByType.get(judged);
  if (known?.tenant === tenant) return known;
  const type = `,"type":"${judged.compiled.type}`;
  const constants: Constants = {
    tenant,
    type: encoder.encode(type),
    noSourceAndType: encoder.encode(`,"source":"${NO_SOURCE}"${type}`),
    tenantAndVersion: encoder.encode(
      `","datacontenttype":"application/json","tenant":"${tenant}","packversion":${String(judged.packVersion)}`,
    ),
  };
  constantsByType.set(judged, constants);
  return constants;
}

function writeData(judge: EventJudge, additions: CanonicalAdditions, out: GrowingBuffer): void {
  if (judge.dataMember < 0) out.copy(EMPTY);
  else if (judge.fields.isChanged) writeTreatedData(judge, additions, out);
  else copyValue(judge.bytes, judge.members, { index: judge.dataMember, out });
}

function writeTreatedData(judge: EventJudge, additions: CanonicalAdditions, out: GrowingBuffer): void {
  const { bytes, data, type } = judge;
  const start = out.length;
  for (let i = 0; i < data.count; i += 1) {
    const field = type?.compiled.fields[judge.fields.fieldAt(i)];
    if (field === undefined || !isWritten(field)) continue;
    separate(out, start);
    out.copy(bytes, (data.keyStart[i] ?? 0) - 1, (data.keyEnd[i] ?? 0) + 1);
    out.byte(0x3a);
    const treated = treatedValue(judge, additions, { field, index: i });
    if (treated === null) copyValue(bytes, data, { index: i, out });
    else out.ascii(`"${treated}"`);
  }
  writeDerived(judge, additions, { out, start });
  if (out.length === start) out.byte(0x7b);
  out.byte(0x7d);
}

/** What stands in place of the member's value; null: the value itself. */
function treatedValue(
  { bytes, data, type }: EventJudge,
  { treat, seal }: CanonicalAdditions,
  { field, index }: { readonly field: CompiledField; readonly index: number },
): string | null {
  const kind = data.kind[index];
  if (field.action === 'keep' || kind === KIND.null) return null;
  if (field.action === 'seal') {
    return seal({ type: type?.compiled.type ?? '', field: field.name }, bytes.subarray(startOf(data, index), endOf(data, index)));
  }
  return kind === KIND.string ? treat(field.action, field.name, memberText(bytes, data, index)) : null;
}

function writeDerived(judge: EventJudge, { treat }: CanonicalAdditions, { out, start }: { out: GrowingBuffer; start: number }): void {
  const { bytes, data: list, fields, type, timeMs } = judge;
  for (const { name, from, value } of type?.derived ?? []) {
    const json = value({ bytes, list, index: fields.memberAt(from), fields, timeMs }, treat);
    if (json === null) continue;
    separate(out, start);
    out.ascii(`"${name}":${json}`);
  }
}

/** Of a derived field only null can have been sent, and a member stands once. */
function isWritten({ action, derive }: CompiledField): boolean {
  return action !== 'drop' && derive === undefined;
}

/** What stands before a member of the object that begins at `start`. */
function separate(out: GrowingBuffer, start: number): void {
  out.byte(out.length === start ? 0x7b : 0x2c);
}

function copyValue(bytes: Uint8Array, list: MemberList, { index, out }: { index: number; out: GrowingBuffer }): void {
  out.copy(bytes, startOf(list, index), endOf(list, index));
}
