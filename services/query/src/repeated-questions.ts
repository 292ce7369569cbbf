/** Dashboards ask the same again and again, in the same words: each text is decoded and checked once while it is remembered. */
import { followsClock, ok, parseQuestion, planQuestion } from '@tidegate/core';
import type { CellFloors, ParsedQuestion, Plan, PlanAsk, Question, Result } from '@tidegate/core';
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

/** By the question that was parsed once: what it was asked with, and the plan. */
const planned = new WeakMap<Question, { readonly ask: PlanAsk; readonly plan: Plan }>();

/** As `planQuestion`; the same question of the same metric is planned once, unless its range follows the clock. */
export function planQuestionOnce(ask: PlanAsk): Result<Plan> {
  const known = planned.get(ask.question);
  if (known !== undefined && isSameAsk(known.ask, ask)) return ok(known.plan);
  const plan = planQuestion(ask);
  if (plan.ok && !followsClock(ask.question) && ask.cursor === null) planned.set(ask.question, { ask, plan: plan.value });
  return plan;
}

function isSameAsk(a: PlanAsk, b: PlanAsk): boolean {
  return (
    a.metric === b.metric &&
    a.subject === b.subject &&
    b.cursor === null &&
    a.bucketsMax === b.bucketsMax &&
    isSameFloors(a.floors ?? {}, b.floors ?? {})
  );
}

function isSameFloors(a: CellFloors, b: CellFloors): boolean {
  return a === b || (a.minute === b.minute && a.quarter_hour === b.quarter_hour && a.hour === b.hour && a.day === b.day);
}
