/** What expressions see of one query: its rows as objects, and what stands beside them. */
import type { AnswerColumn, AnswerValue } from '@tidegate/core';
import type { AnswerMeta, AskOutcome } from '../ask.ts';

export interface QueryAnswer {
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  /** In expressions `meta.<query>`. */
  readonly about: Readonly<Record<string, unknown>>;
  /** Null: nothing was asked. */
  readonly claims: AnswerMeta | null;
  readonly mayAgeMs: number;
  /** Pseudonym of the one whose rows they are, `*` of several; absent: of nobody in particular. */
  readonly person?: string;
}

export const NOT_ASKED: QueryAnswer = { rows: [], about: { next_cursor: null, analysis: {} }, claims: null, mayAgeMs: Infinity };

export function answerOfQuestion({ answer, mayAgeMs, person }: Extract<AskOutcome, { ok: true }>): QueryAnswer {
  const { columns, rows, next_cursor, meta } = answer;
  return {
    rows: rows.map((row) => toObject(columns, row)),
    about: { next_cursor, analysis: meta.analysis ?? {} },
    claims: meta,
    mayAgeMs,
    ...(person === undefined ? {} : { person }),
  };
}

function toObject(columns: readonly AnswerColumn[], row: readonly AnswerValue[]): Readonly<Record<string, unknown>> {
  const members: Record<string, unknown> = {};
  for (const [at, { name, type }] of columns.entries()) members[name] = type === 'integer' ? toInteger(row[at]) : (row[at] ?? null);
  return members;
}

const DIGITS = /^-?\d+$/;

/** Integers beyond 2^53 come as digits, and are counted with exactly. */
function toInteger(value: AnswerValue | undefined): unknown {
  return typeof value === 'string' && DIGITS.test(value) ? BigInt(value) : (value ?? null);
}
