import type { RecordBatch } from '@tidegate/kafka';
import { createRecordBatch, encodeHeaders } from '@tidegate/kafka';
import type { Clock } from '@tidegate/runtime';
import type { Logger, Metrics } from '@tidegate/telemetry';
import { LRUCache } from 'lru-cache';
import { bindingLevel } from './answer.ts';
import type { CountedDecision, LimitDecision } from './decision.ts';
import { createDemands } from './demands.ts';
import type { Plan, PlanLevel } from './plans.ts';
import type { Tally } from './tallies.ts';
import { createTallies } from './tallies.ts';

export interface DecisionLog {
  record(plan: Plan, decision: LimitDecision): void;
  /** Limits are counted otherwise from now on, or a limit was changed. */
  note(kind: 'mode' | 'config', detail: Readonly<Record<string, string | number>>): void;
  /** Sends what has gathered; resolves when it is in the topic or kept for the next time. */
  flush(): Promise<void>;
  /** The last flush: with all that is known so far. */
  close(): Promise<void>;
  /** What was refused, by how it was told of. */
  accounts(): Accounts;
}

export type Accounts = Readonly<Record<'denied' | 'first' | 'rolledUp' | 'dropped', number>>;

export interface DecisionLogOptions {
  /** Appends to decisions.v1. */
  readonly append: (batch: RecordBatch) => Promise<unknown>;
  /** Names this process. */
  readonly gateway: string;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly log: Logger;
  /** First refusals that wait to be sent, at most; default 10,000. */
  readonly waitingMax?: number;
}

/** Who was refused in so short a time before is not refused for the first time. */
const FIRST_AGAIN_MS = 10_000;
const SUBJECTS_MAX = 20_000;
const WAITING_MAX = 10_000;

interface Waiting {
  readonly tenant: string;
  readonly value: Readonly<Record<string, unknown>>;
}

/**
 * What the limiter decided, for whoever watches: each first refusal of a bucket by itself, all others and what was let in as
 * counts of a second. Never waited for. Counts are kept until they are in the topic; of first refusals so many wait, and those
 * beyond are dropped and counted as such, so that refusals = first + rolled up + dropped, always.
 */
export function createDecisionLog(options: DecisionLogOptions): DecisionLog {
  const { clock, waitingMax = WAITING_MAX } = options;
  const tallies = createTallies();
  const demands = createDemands();
  const isFirst = createFirsts(clock);
  const accounts = { denied: 0, first: 0, rolledUp: 0, dropped: 0 };
  const drops = options.metrics.counter('limiter_records_dropped_total');
  const sender = createSender(options);
  let waiting: Waiting[] = [];
  let unsaidDrops = 0;

  function deny(plan: Plan, decision: CountedDecision): void {
    accounts.denied += 1;
    const at = bindingLevel(decision)?.at ?? 0;
    const level = plan.levels[at];
    if (level === undefined || !isFirst(level.subject)) {
      accounts.rolledUp += 1;
      tallies.of(plan, level).denied += 1;
    } else if (waiting.length >= waitingMax) {
      accounts.dropped += 1;
      unsaidDrops += 1;
      drops.inc();
    } else {
      accounts.first += 1;
      const waitMs = Math.ceil((decision.levels[at]?.waitUs ?? 0) / 1_000);
      wait(plan.tenant, { kind: 'denied_first', ...toRecord(plan, level), wait_ms: waitMs, source: decision.source });
    }
  }

  function wait(tenant: string | null, value: Readonly<Record<string, unknown>>): void {
    if (waiting.length < waitingMax) waiting.push({ tenant: tenant ?? '-', value: { ...value, at: toInstant(clock.nowMs()) } });
  }

  function gather(isLast: boolean): Waiting[] {
    const gathered = [...waiting, ...toSecond(tallies.take(), unsaidDrops, clock.nowMs())];
    const demand = demands.endSecond(clock.nowMs(), isLast);
    if (demand !== null) gathered.push({ tenant: '-', value: { kind: 'demand', ...demand } });
    waiting = [];
    unsaidDrops = 0;
    return gathered;
  }

  return {
    record(plan, decision) {
      if (decision.kind === 'exempt') return;
      demands.note(plan, decision.kind === 'denied' || decision.kind === 'unavailable');
      if (decision.kind === 'denied') return deny(plan, decision);
      tallies.admit(plan, decision.kind === 'allowed');
      if (decision.kind === 'allowed' && plan.hasShadow)
        for (const level of shadowsOf(plan, decision)) tallies.of(plan, level).shadow_denied += 1;
    },
    note: (kind, detail) => wait(null, { kind, ...detail }),
    flush: () => sender(() => gather(false)),
    async close() {
      // One that is under way has gathered before.
      await sender(() => []);
      await sender(() => gather(true));
    },
    accounts: () => ({ ...accounts }),
  };
}

function toSecond(rows: readonly Tally[], dropped: number, nowMs: number): Waiting[] {
  if (rows.length === 0 && dropped === 0) return [];
  return [{ tenant: '-', value: { kind: 'second', at: toInstant(nowMs), rows, dropped_first: dropped } }];
}

/** Whether a bucket refuses after it did not for a while. */
function createFirsts(clock: Clock): (subject: string) => boolean {
  const lastMs = new LRUCache<string, number>({ max: SUBJECTS_MAX });
  return function isFirst(subject) {
    const nowMs = clock.monotonicMs();
    const before = lastMs.get(subject);
    lastMs.set(subject, nowMs);
    return before === undefined || nowMs - before >= FIRST_AGAIN_MS;
  };
}

function shadowsOf(plan: Plan, { levels }: CountedDecision): readonly PlanLevel[] {
  return plan.levels.filter(({ policy }, at) => policy.mode === 'shadow' && (levels[at]?.waitUs ?? 0) > 0);
}

function toRecord({ tenant, limitClass, path }: Plan, { policy, subject }: PlanLevel): Readonly<Record<string, unknown>> {
  return { tenant, class: limitClass.name, policy: policy.name, scope: policy.scope, subject, route: path };
}

const JSON_RECORD = encodeHeaders([{ name: 'v', value: new TextEncoder().encode('1') }]);
const BATCH_RECORDS = 500;

/**
 * Sends records in their order, each with a number: one whose append may have happened is sent again as it was, and who reads it
 * twice can tell. While records wait to be sent again nothing new is gathered: counts go on adding up.
 */
function createSender({ append, gateway, log }: DecisionLogOptions): (gather: () => readonly Waiting[]) => Promise<void> {
  let unsent: readonly Waiting[] = [];
  let seq = 0;
  let sending: Promise<void> | null = null;

  async function send(gather: () => readonly Waiting[]): Promise<void> {
    if (unsent.length === 0) unsent = gather().map(({ tenant, value }) => ({ tenant, value: { ...value, gateway, seq: (seq += 1) } }));
    try {
      while (unsent.length > 0) {
        await append(toBatch(unsent.slice(0, BATCH_RECORDS)));
        unsent = unsent.slice(BATCH_RECORDS);
      }
    } catch (error) {
      log.warn('decisions_unsent', { error });
    }
  }

  return function sendGathered(gather) {
    sending ??= send(gather).finally(() => (sending = null));
    return sending;
  };
}

function toBatch(records: readonly Waiting[]): RecordBatch {
  const batch = createRecordBatch();
  for (const { tenant, value } of records) batch.add(Buffer.from(tenant), Buffer.from(JSON.stringify(value)), JSON_RECORD);
  return batch;
}

function toInstant(ms: number): string {
  return new Date(ms).toISOString();
}
