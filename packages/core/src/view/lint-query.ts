/** What is wrong with a filled query of a view, by the planner of its kind. */
import { planFigures } from '../entity/figures-plan.ts';
import { planEntityRead } from '../entity/read-plan.ts';
import type { Json } from '../expression/to-json.ts';
import type { CompiledPack } from '../pack/compiled.ts';
import { isAnalysis, parseAnalysis } from '../query/analyses/analysis-question.ts';
import { planAnalysis } from '../query/analyses/plan-analysis.ts';
import { isJourney, parseJourney } from '../query/journeys/journey-question.ts';
import { planJourney } from '../query/journeys/plan-journey.ts';
import { planQuestion } from '../query/plan.ts';
import { parseQuestion } from '../query/question.ts';
import { toEntityAsk, toEntityQuery } from './entity-ask.ts';
import { toInsightsAsk, toStreamAsk } from './view-query.ts';

/** What the questions of a pack can be about. */
export interface AskedAbout extends Pick<CompiledPack, 'metrics' | 'entities' | 'eventTypes'> {
  readonly insights: ReadonlySet<string>;
}

/** Member of the query and what is wrong with it; null: nothing is. */
export type QueryFault = { readonly path: string; readonly message: string } | null;

/** Any day will do, as long as every question of every pack is linted on the same one. */
export const SAMPLE_NOW = '2026-06-15T12:00:00.000Z';
const SAMPLE_NOW_MS = 1_781_524_800_000;
const BUCKETS_MAX = 100_000;

export function faultOfQuestion(asked: unknown, about: AskedAbout): QueryFault {
  if (isJourney(asked)) return journeyFault(asked, about);
  return isAnalysis(asked) ? analysisFault(asked, about) : questionFault(asked, about);
}

export function faultOfEntity(filled: Json, { entities }: AskedAbout): QueryFault {
  const read = toEntityAsk(filled);
  if (!read.ok) return read.fault[0] ?? null;
  const query = toEntityQuery(read.value, entities);
  if (!query.ok) return placeOf(query.fault);
  const planned = query.value.kind === 'rows' ? planEntityRead(query.value.question) : planFigures(query.value.question);
  return planned.ok ? null : placeOf(planned.fault);
}

export function faultOfInsights(filled: Json, { insights }: AskedAbout): QueryFault {
  const read = toInsightsAsk(filled);
  if (!read.ok) return read.fault[0] ?? null;
  return insights.has(read.value.insights) ? null : { path: 'insights', message: 'is no insight of this pack' };
}

export function faultOfStream(filled: Json): QueryFault {
  const read = toStreamAsk(filled);
  return read.ok ? null : (read.fault[0] ?? null);
}

function journeyFault(asked: unknown, { eventTypes }: AskedAbout): QueryFault {
  const parsed = parseJourney(asked);
  if (!parsed.ok) return parsed.errors[0] ?? null;
  const find = (type: string) => eventTypes.get(type) ?? null;
  const planned = planJourney(parsed.question, { find, nowMs: SAMPLE_NOW_MS, bucketsMax: BUCKETS_MAX });
  return planned.ok ? null : placeOf(planned.fault);
}

function placeOf(fault: { readonly path?: string; readonly message: string }): QueryFault {
  return { path: fault.path ?? '', message: fault.message };
}

function questionFault(asked: unknown, { metrics }: AskedAbout): QueryFault {
  const parsed = parseQuestion(asked);
  if (!parsed.ok) return parsed.errors[0] ?? null;
  const { question } = parsed;
  const metric = metrics.get(question.metric) ?? null;
  if (metric === null) return NO_METRIC;
  const subject = question.subject ?? null;
  const planned = planQuestion({ question, metric, subject, cursor: null, nowMs: SAMPLE_NOW_MS, bucketsMax: BUCKETS_MAX });
  return planned.ok ? null : placeOf(planned.fault);
}

const NO_METRIC = { path: 'metric', message: 'is no metric of this pack' };

function analysisFault(asked: unknown, about: AskedAbout): QueryFault {
  const parsed = parseAnalysis(asked);
  if (!parsed.ok) return parsed.errors[0] ?? null;
  const metric = about.metrics.get(parsed.question.metric) ?? null;
  if (metric === null) return NO_METRIC;
  const planned = planAnalysis(parsed.question, { metric, nowMs: SAMPLE_NOW_MS });
  if (!planned.ok) return placeOf(planned.fault);
  for (const [at, question] of planned.value.questions.entries()) {
    const fault = questionFault(question, about);
    if (fault !== null) return { path: planned.value.pathOf(at, fault.path), message: fault.message };
  }
  return null;
}
