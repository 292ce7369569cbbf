/** What is done to whom, and when, in ms since the faults began. */
export interface PlannedFault {
  readonly atMs: number;
  readonly fault: 'kill' | 'pause' | 'empty';
  readonly target: string;
  /** How long a pause lasts. */
  readonly forMs: number;
}

export interface PlanOptions {
  readonly random: () => number;
  readonly durationMs: number;
  readonly aggregators: readonly string[];
  /** How often an aggregator is killed. */
  readonly kills: number;
}

/** Shares of a run at which every run does what is rare: each of them once a minute, at least once. */
const RARE = [
  { at: 0.15, fault: 'pause', target: 'postgres' },
  { at: 0.27, fault: 'kill', target: 'ingest' },
  { at: 0.38, fault: 'kill', target: 'kafka' },
  { at: 0.52, fault: 'kill', target: 'postgres' },
  { at: 0.64, fault: 'empty', target: 'redis' },
  { at: 0.74, fault: 'pause', target: 'kafka' },
  { at: 0.86, fault: 'pause', target: 'ingest' },
] as const;
const JITTER = 0.04;
const ROUND_MS = 60_000;
/** Of aggregators, for each kill. */
const PAUSES_PER_KILL = 0.25;
/** From shorter than a session to longer than one. */
const PAUSE_MS = { min: 200, max: 3_500 };

/** Random moments that the seed decides: kills and pauses of aggregators anywhere, the rest about where `RARE` says. */
export function planFaults({ random, durationMs, aggregators, kills }: PlanOptions): readonly PlannedFault[] {
  const pauseMs = (): number => Math.round(PAUSE_MS.min + random() * (PAUSE_MS.max - PAUSE_MS.min));
  const anyAggregator = (): string => aggregators[Math.floor(random() * aggregators.length)] ?? 'aggregator';
  const plan: PlannedFault[] = [];
  for (let i = 0; i < kills; i += 1) plan.push({ atMs: random() * durationMs, fault: 'kill', target: anyAggregator(), forMs: 0 });
  for (let i = 0; i < kills * PAUSES_PER_KILL; i += 1)
    plan.push({ atMs: random() * durationMs, fault: 'pause', target: anyAggregator(), forMs: pauseMs() });
  const rounds = Math.max(1, Math.floor(durationMs / ROUND_MS));
  for (let round = 0; round < rounds; round += 1) {
    for (const { at, fault, target } of RARE) {
      const share = (round + at + (random() - 0.5) * JITTER) / rounds;
      plan.push({ atMs: share * durationMs, fault, target, forMs: fault === 'pause' ? pauseMs() : 0 });
    }
  }
  return plan.toSorted((a, b) => a.atMs - b.atMs);
}
