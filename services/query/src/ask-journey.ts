/** A question about the order of what persons did: raw events are read once, person by person, and nothing is kept of it. */
import { createRawRecordReader, parseJourney, planJourney, toIsoUtc } from '@tidegate/core';
import type { Fault, Journey, JourneyQuestion, Receipt } from '@tidegate/core';
import type { ProblemFault } from '@tidegate/http';
import type { EventsFault, JourneyReader } from '@tidegate/postgres';
import type { Step } from '@tidegate/telemetry';
import { ARCHIVE_FAULTS } from './archive-fault.ts';
import { mayLag } from './ask.ts';
import type { AnswerMeta, Ask, Asker, AskOutcome } from './ask.ts';
import { freshClaims } from './fresh-claims.ts';
import type { ClaimingDeps } from './fresh-claims.ts';
import type { KeptHistory } from './kept-history.ts';
import { openAfter, toProblemFault } from './question-faults.ts';
import type { Receipts } from './receipts.ts';
import { inTurn } from './lanes.ts';
import type { TakeTurn } from '@tidegate/runtime';
import type { Registry } from './registry.ts';
import type { OnReplica } from './on-replica.ts';

export interface AskJourneyDeps extends ClaimingDeps {
  readonly registry: Pick<Registry, 'eventType'>;
  readonly journeys: JourneyReader;
  /** Absent: there is no replica. */
  readonly onReplica?: OnReplica;
  readonly receipts: Pick<Receipts, 'open' | 'waitFor' | 'stateOf'>;
  readonly kept: Pick<KeptHistory, 'isRecountable' | 'keptFromMs'>;
  readonly step: Step;
  readonly takeTurn: TakeTurn;
  readonly bucketsMax: number;
  readonly eventsMax: number;
}

export function createAskJourney(deps: AskJourneyDeps): Ask {
  return async function askJourney(value, asker) {
    const parsed = parseJourney(value);
    if (!parsed.ok) return { ok: false, problem: { code: 'question_invalid', errors: parsed.errors } };
    const { question } = parsed;
    if (asker.rows !== null) return refused(ROWS_UNSEEN);
    const receipt = openAfter(deps.receipts, question.after, asker.tenant);
    if (!receipt.ok) return refused(receipt.fault);
    const find = (type: string) => deps.registry.eventType(asker.tenant, type);
    const planned = planJourney(question, { find, nowMs: deps.nowMs(), bucketsMax: deps.bucketsMax });
    return planned.ok ? answer(deps, { question, journey: planned.value, receipt: receipt.value, asker }) : refused(planned.fault);
  };
}

const ROWS_UNSEEN: Fault = {
  code: 'row_refused',
  path: 'kind',
  message: 'raw events of everybody are more than the caller may see',
};
const TOO_MANY_EVENTS: Fault = {
  code: 'range_too_large',
  path: 'from',
  message: 'the range holds more events than one answer may be made of; ask for a shorter one, or for rarer events',
};

const TOO_MUCH_ARCHIVED: Fault = {
  code: 'range_too_large',
  path: 'from',
  message: 'the range needs more of the archive than one question may open; ask for a shorter or a later one',
};
/** An object store that is away for a moment. */
const ARCHIVE_RETRY_S = 10;

interface Asked {
  readonly question: JourneyQuestion;
  readonly journey: Journey;
  readonly receipt: Receipt | null;
  readonly asker: Asker;
}

async function answer(deps: AskJourneyDeps, asked: Asked): Promise<AskOutcome> {
  const { question, receipt, asker } = asked;
  asker.reads?.untold();
  if (receipt !== null) await deps.receipts.waitFor(receipt, question.wait_ms, asker.signal);
  const { outcome, fold, isOfReplica } = await deps.step('query_database', async () =>
    inTurn(deps.takeTurn, asker, async () => readEvents(deps, asked)),
  );
  if (!outcome.ok) return unread(outcome.fault);
  const read = outcome.value;
  if (read.isCut) return refused(TOO_MANY_EVENTS);
  const { columns, rows, findings } = fold.conclude();
  const after = receipt === null ? null : await deps.receipts.stateOf(receipt, read.progress);
  const meta: AnswerMeta = {
    ...freshClaims(deps, read.progress, after),
    ...(isOfReplica ? { read_from: 'replica' as const } : {}),
    ...(read.archive === null ? {} : { archive: read.archive }),
    ...lastingClaims(deps, asked),
    cache: { state: 'bypass', age_ms: 0 },
    analysis: { kind: question.kind, ...findings },
  };
  return { ok: true, answer: { columns, rows, next_cursor: null, meta }, mayAgeMs: 0 };
}

/** From the replica where it may and can be; what was begun there and broke off is begun anew, and so is what its word on the archive, which may be an old one, does not give. */
async function readEvents(deps: AskJourneyDeps, { journey, receipt, asker }: Asked) {
  const from = async (journeys: JourneyReader, isOfReplica: boolean) => {
    const fold = journey.begin();
    const readRaw = createRawRecordReader();
    const outcome = await journeys.readJourneys({ ...journey, tenant: asker.tenant, eventsMax: deps.eventsMax }, (event) =>
      fold.event({
        subject: event.subject ?? '',
        type: event.type,
        atMs: event.occurredAtMs,
        fields: journey.readsData ? readRaw(event) : null,
      }),
    );
    return { outcome, fold, isOfReplica };
  };
  const lagging = mayLag(asker, receipt) ? await deps.onReplica?.(async ({ journeys }) => from(journeys, true)) : null;
  return lagging?.outcome.ok === true ? lagging : from(deps.journeys, false);
}

function lastingClaims({ kept }: AskJourneyDeps, { question, journey, asker }: Asked) {
  const of = { tenant: asker.tenant, eventTypes: journey.types };
  const keptFromMs = kept.keptFromMs(of);
  return {
    grain: 'grain' in question ? question.grain : null,
    zone: question.zone,
    approximate: {},
    source: 'raw' as const,
    suppressed_groups: 0,
    ...(keptFromMs !== null && keptFromMs > journey.fromMs ? { history_from: toIsoUtc(keptFromMs) } : {}),
    ...(kept.isRecountable(of, journey.fromMs) ? {} : { recountable: false as const }),
  };
}

/** Nothing less than all that is kept is an answer. */
function unread(fault: EventsFault): { readonly ok: false; readonly problem: ProblemFault } {
  if (fault === 'too_much') return refused(TOO_MUCH_ARCHIVED);
  return { ok: false, problem: { code: ARCHIVE_FAULTS[fault], ...(fault === 'away' ? { retryAfterS: ARCHIVE_RETRY_S } : {}) } };
}

function refused(fault: Fault): { readonly ok: false; readonly problem: ProblemFault } {
  return { ok: false, problem: toProblemFault(fault) };
}
