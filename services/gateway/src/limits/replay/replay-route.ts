import { toIsoUtc } from '@tidegate/core';
import type { Exchange, Handler } from '@tidegate/http';
import { invalidRequest, readJsonBody, REPLAY_REQUEST_SCHEMA, sendJson, sendProblem } from '@tidegate/http';
import type { Clock } from '@tidegate/runtime';
import { limitsInvalid } from '../answer.ts';
import type { LimitBook } from '../book.ts';
import type { StartedLimits } from '../start-limits.ts';
import type { Recorded, Stretch } from './recorded.ts';
import { createRecording } from './recorded.ts';
import type { LimitsReplayed } from './replay-limits.ts';
import { replayLimits } from './replay-limits.ts';

export interface ReplayRouteDependencies {
  readonly book: Pick<LimitBook, 'limitsAsIf' | 'checkTenants'>;
  readonly readDecisions: StartedLimits['readDecisions'];
  readonly clock: Clock;
}

const BYTES_MAX = 262_144;
const READ_WITHIN_MS = 15_000;
/** What callers ask for is told every ten seconds: of the last seconds not all is known yet. */
const UNTOLD_S = 12;
/** Counts of a caller in a second: some hundred megabytes. */
const COUNTS_MAX = 500_000;
const CALLERS_SHOWN = 100;

/** What-if: the tenant's recorded requests on limits that it does not have. Reads and changes nothing. */
export function createReplayRoute({ book, readDecisions, clock }: ReplayRouteDependencies): Handler {
  async function recordedOf(stretch: Stretch, signal: AbortSignal): Promise<Recorded | null> {
    const recording = createRecording(stretch);
    try {
      await readDecisions(stretch.from * 1_000, recording.take, AbortSignal.any([signal, AbortSignal.timeout(READ_WITHIN_MS)]));
      return recording.end();
    } catch {
      return null;
    }
  }

  return async function replay(exchange) {
    const { request, response, context, caller, signal } = exchange;
    const body = await readJsonBody(request, BYTES_MAX);
    if (!body.ok) return sendProblem(response, body.fault, context);
    const asked = REPLAY_REQUEST_SCHEMA.safeParse(body.value);
    if (!asked.success) return sendProblem(response, invalidRequest(asked.error), context);
    const candidate = book.checkTenants(caller.tenant, asked.data.limits);
    if (!candidate.ok) return sendProblem(response, limitsInvalid(candidate.fault), context);
    const to = Math.floor(clock.nowMs() / 1_000) - UNTOLD_S;
    const stretch = { tenant: caller.tenant, from: to - asked.data.last_s, to };
    const recorded = await recordedOf(stretch, signal);
    if (recorded === null) return sendProblem(response, { code: 'unavailable', detail: 'What was decided could not be read.' }, context);
    if (recorded.counts > COUNTS_MAX)
      return sendProblem(response, { code: 'range_too_large', detail: 'Ask for less than this last_s.' }, context);
    const replayed = await replayLimits({ book, candidate: candidate.value, recorded, pause });
    sendReplayed(exchange, { stretch, recorded, replayed });
  };
}

interface Told {
  readonly stretch: Stretch;
  readonly recorded: Recorded;
  readonly replayed: LimitsReplayed;
}

function sendReplayed(exchange: Exchange, { stretch, recorded, replayed }: Told): void {
  const answer = {
    from: toInstant(stretch.from),
    to: toInstant(stretch.to),
    is_complete: recorded.isComplete,
    ...counts(replayed),
    classes: [...replayed.classes].map(([name, of]) => ({ class: name, ...counts(of) })),
    policies: [...replayed.policies].map(([policy, of]) => ({ policy, refused: of.refused, would_refuse: of.wouldRefuse })),
    callers_hit: replayed.hit.length,
    callers: replayed.hit.slice(0, CALLERS_SHOWN).map(({ caller, policy, firstSecond, ...of }) => ({
      ...{ key: caller.key, user: caller.user, route: caller.route },
      ...counts(of),
      policy,
      first_at: toInstant(firstSecond ?? stretch.from),
    })),
  };
  sendJson(exchange, answer, { headers: { 'cache-control': 'no-store' } });
}

function counts({ asked, refused, wouldRefuse }: Pick<LimitsReplayed, 'asked' | 'refused' | 'wouldRefuse'>): Record<string, number> {
  return { requests: asked, refused, would_refuse: wouldRefuse };
}

function toInstant(second: number): string {
  return toIsoUtc(second * 1_000);
}

function pause(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
