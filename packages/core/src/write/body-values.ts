/** Members of a body: from JSON to the values of expressions. Everything is checked before any work. */
import type { Json } from '../expression/to-json.ts';
import { failed, ok } from '../fault/fault.ts';
import type { Result } from '../fault/fault.ts';
import type { QuestionError } from '../query/question.ts';
import type { GivenParams, Say } from '../view/params.ts';
import { absentValue, readText } from '../view/params.ts';
import type { CompiledMember } from './compiled-write.ts';

export type BodyValues = Readonly<Record<string, Json>>;

type Asked = Pick<GivenParams, 'nowMs' | 'callerSubject'>;

/** `given`: what the body held; an absent body is an empty object. */
export function readBodyValues(
  declared: readonly CompiledMember[],
  given: unknown,
  asked: Asked,
): Result<BodyValues, readonly QuestionError[]> {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    return failed([{ path: '', code: 'invalid_value', message: 'a JSON object is needed' }]);
  }
  const errors: QuestionError[] = [];
  const say: Say = (path, message) => errors.push({ path, code: 'invalid_value', message });
  const known = new Set(declared.map(({ name }) => name));
  // A name that a caller made up is a value that it sent: it is not repeated.
  if (Object.keys(given).some((name) => !known.has(name))) say('', 'holds a member that the route does not have');
  const values: Record<string, Json> = {};
  for (const member of declared) {
    values[member.name] = readMember(member, Object.hasOwn(given, member.name) ? (Reflect.get(given, member.name) as Json) : null, {
      asked,
      say,
    });
  }
  return errors.length > 0 ? failed(errors) : ok(values);
}

interface Reading {
  readonly asked: Asked;
  readonly say: Say;
}

function readMember(member: CompiledMember, value: Json, { asked, say }: Reading): Json {
  const { type } = member;
  // What only a parameter can be has no member: `json` is absent as a text is.
  if (value === null) return absentValue({ ...member, type: type === 'json' ? 'string' : type }, asked, say);
  const read = readValue(member, value);
  if (read.ok) return read.value;
  say(member.name, read.fault);
  return null;
}

function readValue(member: CompiledMember, value: Json): Result<Json, string> {
  const { type } = member;
  switch (type) {
    case 'json':
      return ok(value);
    case 'boolean':
      return typeof value === 'boolean' ? ok(value) : failed('true or false');
    case 'integer':
    case 'number':
      return readNumber(member, value);
    case 'list':
      return readList(member, value);
    case 'string':
    case 'subject':
    case 'date':
    case 'instant':
    case 'zone':
      return typeof value === 'string' ? readText({ ...member, type }, value) : failed('a text');
  }
}

function readNumber({ type, min, max }: CompiledMember, value: Json): Result<Json, string> {
  const isWhole = type === 'integer';
  if (typeof value === 'number' && (!isWhole || Number.isInteger(value)) && isWithin(value, min, max)) return ok(value);
  const bounds = [...(min === undefined ? [] : [`at least ${min}`]), ...(max === undefined ? [] : [`at most ${max}`])];
  return failed([isWhole ? 'a whole number' : 'a number', ...bounds].join(', '));
}

function isWithin(value: number, min = -Infinity, max = Infinity): boolean {
  return value >= min && value <= max;
}

function readList({ values, min = 0, max = 100 }: CompiledMember, value: Json): Result<Json, string> {
  const parts: readonly unknown[] = Array.isArray(value) ? value : [null];
  const areTexts = parts.every((part) => typeof part === 'string' && (values === undefined || values.includes(part)));
  if (areTexts && parts.length >= min && parts.length <= max) return ok(value);
  return failed(`${min} to ${max} ${values === undefined ? 'texts' : `of ${values.join(', ')}`}`);
}
