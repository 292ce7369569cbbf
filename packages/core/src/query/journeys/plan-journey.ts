import type { Result } from '../../fault/fault.ts';
import { resolveRange } from '../asked-range.ts';
import { findZone } from '../plan.ts';
import { planCohort } from './cohort-journey.ts';
import { planExperiment } from './experiment-journey.ts';
import { planFunnel } from './funnel-journey.ts';
import type { Journey } from './journey.ts';
import type { JourneyContext } from './journey-context.ts';
import { rangeOf } from './journey-question.ts';
import type { JourneyQuestion } from './journey-question.ts';
import { planRetention } from './retention-journey.ts';
import { planSessions } from './sessions-journey.ts';
import { planStratify } from './stratify-journey.ts';

/** From a question to what is read of the raw events and what becomes of it. Pure: time is given. */
export function planJourney(question: JourneyQuestion, given: Omit<JourneyContext, 'range'>): Result<Journey> {
  const zone = findZone(question.zone);
  if (!zone.ok) return zone;
  const grain = 'grain' in question ? question.grain : null;
  const range = resolveRange({ question: rangeOf(question), nowMs: given.nowMs }, zone.value, grain);
  if (!range.ok) return range;
  return planKind(question, { ...given, range: { zone: zone.value, ...range.value } });
}

function planKind(question: JourneyQuestion, context: JourneyContext): Result<Journey> {
  switch (question.kind) {
    case 'funnel':
      return planFunnel(question, context);
    case 'retention':
      return planRetention(question, context);
    case 'cohort':
      return planCohort(question, context);
    case 'stratify':
      return planStratify(question, context);
    case 'sessions':
      return planSessions(question, context);
    case 'experiment':
      return planExperiment(question, context);
  }
}
