import type { HistoryEntry, Outcome } from './history.ts';

/** What a history shows that may not be. Names are those of the report's checks. */
export interface Discrepancy {
  readonly check: Check;
  readonly text: string;
}

const CHECKS = ['lost', 'doubled', 'phantom', 'unrecorded', 'recount_differences', 'went_back', 'above_sent', 'no_retry_after'] as const;
type Check = (typeof CHECKS)[number];

export interface Verdict {
  /** Events by what is known of them after all their requests. */
  readonly ok: number;
  readonly failed: number;
  readonly unknown: number;
  readonly found: Readonly<Record<Check, number>>;
  readonly discrepancies: readonly Discrepancy[];
}

/** One event over all requests that carried it. */
interface Fate {
  outcome: Outcome;
  /** Refused for itself, in some request. */
  code: string | null;
  counted: number;
  aside: number;
  isSent: boolean;
}

/**
 * Compares what clients were told with what is counted:
 *
 * | check               | is one where                                                                          | invariant |
 * |---------------------|---------------------------------------------------------------------------------------|-----------|
 * | lost                | told `accepted`, neither counted nor put aside                                        | I1        |
 * | doubled             | counted more than once, or counted and put aside; `unknown` may be counted 0 or 1 times | I2        |
 * | phantom             | counted although told in every request that it is not taken, or never sent            | I1        |
 * | unrecorded          | refused for itself, and no row says so                                                | I1        |
 * | recount_differences | a cell is not what plain addition over the log gives                                  | I3        |
 * | went_back           | a partition's position in Postgres was behind an earlier one, and no commits were taken back | I4 |
 * | no_retry_after      | a request was refused for now (429, 503) without a word on when to come again         |           |
 * | above_sent          | a question answered more events than had been sent                                    | I6        |
 */
export function checkHistory(entries: readonly HistoryEntry[]): Verdict {
  const checking = new Checking();
  for (const entry of entries) checking.take(entry);
  return checking.verdict();
}

const ASK_AGAIN: ReadonlySet<number> = new Set([429, 503]);

/** The first that is broken names the discrepancy. */
const RULES: readonly { readonly check: Check; readonly text: string; readonly isBroken: (fate: Fate) => boolean }[] = [
  { check: 'phantom', text: 'was never sent', isBroken: ({ isSent }) => !isSent },
  { check: 'doubled', text: 'is counted more than once', isBroken: ({ counted }) => counted > 1 },
  { check: 'doubled', text: 'is counted and put aside', isBroken: ({ counted, aside }) => counted === 1 && aside > 0 },
  { check: 'lost', text: 'was told accepted', isBroken: ({ outcome, counted, aside }) => outcome === 'ok' && counted + aside === 0 },
  { check: 'phantom', text: 'was told not taken', isBroken: ({ outcome, counted }) => outcome === 'failed' && counted > 0 },
  {
    check: 'unrecorded',
    text: 'was refused',
    isBroken: ({ outcome, code, aside }) => outcome === 'failed' && code !== null && aside === 0,
  },
];

class Checking {
  private readonly discrepancies: Discrepancy[] = [];
  private readonly fates = new Map<string, Fate>();
  private readonly sent = new Set<string>();
  private readonly positions = new Map<string, readonly [number, number]>();

  take(entry: HistoryEntry): void {
    switch (entry.kind) {
      case 'sent':
        for (const event of entry.events) {
          this.sent.add(event);
          this.fateOf(event).isSent = true;
        }
        return;
      case 'outcome':
        return this.takeOutcome(this.fateOf(entry.event), entry.outcome, entry.code);
      case 'found':
        Object.assign(this.fateOf(entry.event), { counted: entry.counted, aside: entry.aside });
        return;
      case 'positions':
        return this.takePositions(entry.at_ms, entry.positions);
      case 'total':
        if (entry.events > this.sent.size)
          this.find('above_sent', `after ${entry.at_ms} ms ${entry.events} events were answered, ${this.sent.size} had been sent`);
        return;
      case 'cell':
        if (entry.answered !== entry.recounted)
          this.find('recount_differences', `${entry.cell}: answered ${entry.answered}, recounted ${entry.recounted}`);
        return;
      case 'refused':
        if (ASK_AGAIN.has(entry.status) && entry.retry_after === null)
          this.find('no_retry_after', `request ${entry.request} of client ${entry.client} was answered ${entry.status}`);
        return;
      case 'taken_back':
        return this.positions.clear();
      case 'fault':
        return;
    }
  }

  /** Once accepted is accepted; nothing is known where a request that may have been taken got no answer. */
  private takeOutcome(fate: Fate, outcome: Outcome, code: string | null): void {
    fate.code ??= code;
    const rank: Readonly<Record<Outcome, number>> = { failed: 0, unknown: 1, ok: 2 };
    if (rank[outcome] > rank[fate.outcome]) fate.outcome = outcome;
  }

  private takePositions(atMs: number, positions: Readonly<Record<string, readonly [number, number]>>): void {
    for (const [lane, [generation, offset]] of Object.entries(positions)) {
      const [generationBefore, offsetBefore] = this.positions.get(lane) ?? [0, 0];
      const isBehind = generation < generationBefore || (generation === generationBefore && offset < offsetBefore);
      if (isBehind)
        this.find('went_back', `${lane} stood at ${generation}/${offset} after ${atMs} ms, before at ${generationBefore}/${offsetBefore}`);
      else this.positions.set(lane, [generation, offset]);
    }
  }

  verdict(): Verdict {
    for (const [event, fate] of this.fates) this.judge(event, fate);
    const fates = [...this.fates.values()].filter((fate) => fate.isSent);
    const count = (outcome: Outcome): number => fates.filter((fate) => fate.outcome === outcome).length;
    const found = Object.fromEntries(CHECKS.map((check) => [check, this.discrepancies.filter((one) => one.check === check).length]));
    return {
      ...{ ok: count('ok'), failed: count('failed'), unknown: count('unknown') },
      found: found as Record<Check, number>,
      discrepancies: this.discrepancies,
    };
  }

  private judge(event: string, fate: Fate): void {
    const rule = RULES.find(({ isBroken }) => isBroken(fate));
    if (rule === undefined) return;
    const { outcome, code, counted, aside } = fate;
    this.find(rule.check, `${event} ${rule.text}: ${outcome}${code === null ? '' : ` (${code})`}, counted ${counted}, put aside ${aside}`);
  }

  private fateOf(event: string): Fate {
    let fate = this.fates.get(event);
    if (fate === undefined) {
      fate = { outcome: 'failed', code: null, counted: 0, aside: 0, isSent: false };
      this.fates.set(event, fate);
    }
    return fate;
  }

  private find(check: Check, text: string): void {
    this.discrepancies.push({ check, text });
  }
}
