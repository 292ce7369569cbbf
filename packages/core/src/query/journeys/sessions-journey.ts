import { medianOf, meanOf } from '../../analysis/sample.ts';
import { cutSessions } from '../../analysis/sessions.ts';
import type { Session } from '../../analysis/sessions.ts';
import { failed, ok } from '../../fault/fault.ts';
import type { Result } from '../../fault/fault.ts';
import { bucketsOf } from '../../time/buckets.ts';
import type { Buckets } from '../../time/buckets.ts';
import { DAY_MS } from '../../time/civil.ts';
import { toIsoIn } from '../../time/iso.ts';
import type { Conclusion } from '../analyses/analysis.ts';
import type { AnswerColumn, AnswerRow } from '../shape.ts';
import { byPerson } from './journey.ts';
import type { Journey, PersonFold } from './journey.ts';
import type { JourneyContext } from './journey-context.ts';
import { locateIn, percent } from './journey-figures.ts';
import type { JourneyOf } from './journey-question.ts';
import { matches, planStep, typesOf } from './journey-step.ts';
import type { PlannedStep } from './journey-step.ts';

/** A session that began in the range is followed for so long after it. */
const FOLLOWED_MS = DAY_MS;

export function planSessions(question: JourneyOf<'sessions'>, { find, range, bucketsMax }: JourneyContext): Result<Journey> {
  const steps: PlannedStep[] = [];
  for (const [at, step] of question.events.entries()) {
    const planned = planStep(step, `events.${at}`, find);
    if (!planned.ok) return planned;
    steps.push(planned.value);
  }
  const { zone, fromMs, toMs } = range;
  const buckets = bucketsOf({ zone, grain: question.grain, fromMs, toMs, bucketsMax });
  if (buckets === null) {
    return failed({ code: 'range_too_large', path: 'from', message: 'the range holds too many buckets; ask for a coarser grain' });
  }
  const gapMs = question.gap_s * 1_000;
  return ok({
    types: typesOf(steps),
    // What happened a gap before the range tells whether its first event begins a session or goes on with one.
    fromMs: fromMs - gapMs,
    toMs: toMs + FOLLOWED_MS,
    readsData: steps.some(({ where }) => where !== null),
    begin: () => byPerson(sessionsFold({ steps, gapMs, range, buckets })),
  });
}

interface SessionsPlan {
  readonly steps: readonly PlannedStep[];
  readonly gapMs: number;
  readonly range: JourneyContext['range'];
  readonly buckets: Buckets;
}

interface Gathered {
  users: number;
  readonly sessions: Session[];
}

function sessionsFold(plan: SessionsPlan): PersonFold<number> {
  const { steps, gapMs, range, buckets } = plan;
  const locate = locateIn(buckets);
  const gathered = new Map<number, Gathered>();
  let persons = 0;
  return {
    take: (event) => (steps.some((step) => matches(step, event)) ? event.atMs : null),
    person(timesMs) {
      const begun = cutSessions(timesMs, gapMs).filter(({ startMs }) => startMs >= range.fromMs && startMs < range.toMs);
      const seen = new Set<number>();
      for (const session of begun) {
        const at = locate(session.startMs);
        const bucket = gathered.get(at) ?? { users: 0, sessions: [] };
        gathered.set(at, bucket);
        bucket.sessions.push(session);
        if (!seen.has(at)) bucket.users += 1;
        seen.add(at);
      }
      if (begun.length > 0) persons += 1;
    },
    conclude: () => conclude(plan, gathered, persons),
  };
}

const COLUMNS: readonly AnswerColumn[] = [
  { name: 'bucket', type: 'time' },
  { name: 'sessions', type: 'integer' },
  { name: 'users', type: 'integer' },
  { name: 'events', type: 'integer' },
  { name: 'avg_s', type: 'number', unit: 's' },
  { name: 'median_s', type: 'number', unit: 's' },
  { name: 'single_event_share', type: 'number', unit: '%' },
];

function conclude({ range, buckets }: SessionsPlan, gathered: ReadonlyMap<number, Gathered>, users: number): Conclusion {
  const all = [...gathered.values()].flatMap(({ sessions }) => sessions);
  const rows = [...gathered]
    .toSorted(([a], [b]) => a - b)
    .map(([at, bucket]): AnswerRow => [toIsoIn(range.zone, buckets.startsMs[at] ?? 0), ...figuresOf(bucket)]);
  const [sessions, , events, avg, median, single] = figuresOf({ users, sessions: all });
  const findings = { sessions, users, events, avg_s: avg, median_s: median, single_event_share: single } as Conclusion['findings'];
  return { columns: COLUMNS, rows, findings };
}

function figuresOf({ users, sessions }: Gathered): readonly (number | null)[] {
  const seconds = sessions.map(({ startMs, endMs }) => (endMs - startMs) / 1_000);
  const events = sessions.reduce((sum, one) => sum + one.events, 0);
  const single = sessions.filter((one) => one.events === 1).length;
  return [sessions.length, users, events, meanOf(seconds), medianOf(seconds), percent(single, sessions.length)];
}
