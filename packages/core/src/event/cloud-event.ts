import type { Envelope, EnvelopeMembers, EnvelopeRefusal } from './envelope.ts';
import { memberText } from './field-check.ts';
import { decodeJsonText } from './json-text.ts';
import { FLAG, KIND } from './member-list.ts';
import { NameTable } from './name-table.ts';

const NAMES = [
  ...['id', 'type', 'subject', 'source', 'time', 'schemaversion', 'data'],
  ...['specversion', 'datacontenttype', 'data_base64', 'tenant', 'packversion'],
];
const SPEC_VERSION = NAMES.indexOf('specversion');
const CONTENT_TYPE = NAMES.indexOf('datacontenttype');
const BASE64 = NAMES.indexOf('data_base64');
/** Members that the record in the log has of its own. */
const RESERVED = [NAMES.indexOf('tenant'), NAMES.indexOf('packversion')];

const ATTRIBUTE_NAME = /^[a-z0-9]{1,64}$/;
const JSON_TYPE = /^[^/;\s]+\/(?:json|[^;\s]+\+json)\s*(?:;|$)/i;
const INT32_MAX = 2_147_483_647;

/**
 * CloudEvents 1.0 in its JSON format (https://github.com/cloudevents/spec). `time` must be there, as in every event here; the
 * extension `schemaversion` is the version of the event type's schema; other extensions, and `dataschema`, are kept as
 * attributes, and fall away where the event type is about nobody (`subject: none`).
 */
export const CLOUD_EVENT: Envelope = { names: NAMES, table: new NameTable(NAMES), refuse };

/** Whether `data` of this content type is JSON, and so can be judged. */
export function isJsonType(contentType: string): boolean {
  return JSON_TYPE.test(contentType);
}

function refuse(members: EnvelopeMembers): EnvelopeRefusal | null {
  const refusal = refuseOwn(members);
  if (refusal !== null) return refusal;
  for (const index of members.others) {
    const refused = refuseAttribute(members, index);
    if (refused !== null) return refused;
  }
  return null;
}

function refuseOwn(members: EnvelopeMembers): EnvelopeRefusal | null {
  const has = (name: number): boolean => (members.at[name] ?? -1) >= 0;
  if (!has(SPEC_VERSION)) return { code: 'field_missing', name: 'specversion', message: 'is missing' };
  if (textOf(members, SPEC_VERSION) !== '1.0') return invalid('specversion', 'must be "1.0"');
  if (has(BASE64)) return invalid('data_base64', 'is not taken: send JSON in data');
  if (has(CONTENT_TYPE) && !isJsonType(textOf(members, CONTENT_TYPE))) return invalid('datacontenttype', 'must be a JSON type');
  const reserved = RESERVED.find(has);
  return reserved === undefined ? null : invalid(NAMES[reserved] ?? '', 'is a name that Tidegate uses itself');
}

function refuseAttribute({ bytes, list }: EnvelopeMembers, index: number): EnvelopeRefusal | null {
  const name = decodeJsonText(bytes, list.keyStart[index] ?? 0, list.keyEnd[index] ?? 0);
  const hasPlainName = ((list.flags[index] ?? 0) & FLAG.keyEscaped) === 0 && ATTRIBUTE_NAME.test(name);
  if (!hasPlainName) return invalid(name, 'must be named in lower-case letters and digits, at most 64');
  const kind = list.kind[index];
  if (kind === KIND.string || kind === KIND.true || kind === KIND.false || isInt32(bytes, list, index)) return null;
  return invalid(name, 'must be a text, a boolean or a 32-bit integer');
}

function isInt32(bytes: Uint8Array, list: EnvelopeMembers['list'], index: number): boolean {
  if (list.kind[index] !== KIND.number || ((list.flags[index] ?? 0) & FLAG.shortInteger) === 0) return false;
  const value = Number(decodeJsonText(bytes, list.valueStart[index] ?? 0, list.valueEnd[index] ?? 0));
  return Math.abs(value) <= INT32_MAX;
}

/** "" where the member is no text. */
function textOf({ bytes, list, at }: EnvelopeMembers, name: number): string {
  const index = at[name] ?? -1;
  return list.kind[index] === KIND.string ? memberText(bytes, list, index) : '';
}

function invalid(name: string, message: string): EnvelopeRefusal {
  return { code: 'field_invalid', name, message };
}
