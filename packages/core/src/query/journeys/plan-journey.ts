import type { Result } from '../../fault/fault.ts';
import type { Zone } from '../../time/zone.ts';
import { findZone, resolveRange } from '../plan.ts';
import { planExperiment } from './experiment-journey.ts';
import { planFunnel } from './funnel-journey.ts';
import type { Journey } from './journey.ts';
import type { JourneyQuestion } from './journey-question.ts';
import type { FindEventType } from './journey-step.ts';
import { planRetention } from './retention-journey.ts';
import { planSessions } from './sessions-journey.ts';

export interface JourneyContext {
  readonly find: FindEventType;
  readonly nowMs: number;
  readonly bucketsMax: number;
  /** As asked; what is read may be wider. */
  readonly range: { readonly zone: Zone; readonly fromMs: number; readonly toMs: number };
}

/** From a question to what is read of the raw events and what becomes of it. Pure: time is given. */
export function planJourney(question: JourneyQuestion, given: Omit<JourneyContext, 'range'>): Result<Journey> {
  const zone = findZone(question.zone);
  if (!zone.ok) return zone;
  const grain = 'grain' in question ? question.grain : null;
  const range = resolveRange({ question, nowMs: given.nowMs }, zone.value, grain);
  if (!range.ok) return range;
  return planKind(question, { ...given, range: { zone: zone.value, ...range.value } });
}

function planKind(question: JourneyQuestion, context: JourneyContext): Result<Journey> {
  switch (question.kind) {
    case 'funnel':
      return planFunnel(question, context);
    case 'retention':
      return planRetention(question, context);
    case 'sessions':
      return planSessions(question, context);
    case 'experiment':
      return planExperiment(question, context);
  }
}
