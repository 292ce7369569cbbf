/** What the questions that an analysis asks first have of the analysis itself. */
import { ok } from '../../fault/fault.ts';
import type { Result } from '../../fault/fault.ts';
import type { BucketGrain } from '../../time/buckets.ts';
import { toIsoUtc } from '../../time/iso.ts';
import type { Zone } from '../../time/zone.ts';
import { resolveRange } from '../asked-range.ts';
import { findZone } from '../plan.ts';
import type { QuestionInput } from '../question.ts';
import type { AnalysisQuestion } from './analysis-question.ts';

/** More rows than any one answer has: a page of it would be an analysis of a part. */
export const BASE_ROWS_MAX = 10_000;

/** Members of a question that are those of the analysis; the range is not among them. */
export function scopeOf({ metric, zone, where, subject, after, wait_ms, max_staleness_ms }: AnalysisQuestion): QuestionInput {
  return { metric, zone, where, wait_ms, max_staleness_ms, limit: BASE_ROWS_MAX, ...given({ subject, after }) };
}

/** Without the members that are not given: an absent member is not one that is undefined. */
export function given<K extends string>(members: Readonly<Record<K, string | undefined>>): Partial<Record<K, string>> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as Partial<Record<K, string>>;
}

export interface AskedRange {
  readonly zone: Zone;
  readonly fromMs: number;
  readonly toMs: number;
}

/** Resolved once for all questions of an analysis: each by itself might find another "now". */
export function askedRange(asked: AnalysisQuestion, nowMs: number, grain: BucketGrain | null): Result<AskedRange> {
  const zone = findZone(asked.zone);
  if (!zone.ok) return zone;
  const range = resolveRange({ question: asked, nowMs }, zone.value, grain);
  return range.ok ? ok({ zone: zone.value, ...range.value }) : range;
}

export interface TextRange {
  readonly from: string;
  readonly to: string;
}

export function textRange({ fromMs, toMs }: { readonly fromMs: number; readonly toMs: number }): TextRange {
  return { from: toIsoUtc(fromMs), to: toIsoUtc(toMs) };
}
