/** Dashboards ask the same again and again, in the same words: each text is decoded and checked once while it is remembered. */
import { parseQuestion } from '@tidegate/core';
import type { ParsedQuestion } from '@tidegate/core';
import { decodeJson } from '@tidegate/http';
import { LRUCache } from 'lru-cache';

type Decoded = ReturnType<typeof decodeJson>;

const TEXTS_CHARS_MAX = 4_000_000;
/** A question may name a person: no text is held much longer than it is asked. */
const TTL_MS = 600_000;
const texts = new LRUCache<string, Decoded>({ maxSize: TEXTS_CHARS_MAX, ttl: TTL_MS });
/** By the decoded value of a text, which nobody changes. */
const parsed = new WeakMap<object, ParsedQuestion>();

/** The JSON of a question in an address; the same text gives the same value. */
export function decodeQuestion(text: string): Decoded {
  const known = texts.get(text);
  if (known !== undefined) return known;
  const decoded = decodeJson(Buffer.from(text));
  texts.set(text, decoded, { size: Math.max(1, text.length) });
  if (decoded.ok && typeof decoded.value === 'object' && decoded.value !== null) parsed.set(decoded.value, parseQuestion(decoded.value));
  return decoded;
}

/** As `parseQuestion`; what `decodeQuestion` gave is not checked again. */
export function parseQuestionOnce(value: unknown): ParsedQuestion {
  const known = typeof value === 'object' && value !== null ? parsed.get(value) : undefined;
  return known ?? parseQuestion(value);
}
