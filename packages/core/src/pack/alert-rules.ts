/** The rules of Prometheus that follow from what a pack says it aims at. Each kind of alert has one runbook, whatever pack it is of. */
import type { PackSource } from './schema.ts';

/** Windows that all packs share; those of the rules about the installation stand in `infra/alerts`. */
const LOOKUPS_MIN = 1_000;
const REJECTED_MINUTES = 15;
const REJECTED_PCT = 5;
const FRESH_HOLD = '5m';
const FINDINGS_WINDOW = '1h';

interface AlertRule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<'summary' | 'description' | 'runbook_url', string>>;
}

/** Says that a rule of a pack looks after a class or an insight, so that the rule for all of them leaves it alone. */
interface CoveredRule {
  readonly record: string;
  readonly expr: 'vector(1)';
  readonly labels: Readonly<Record<string, string>>;
}

export interface RuleGroup {
  readonly name: string;
  readonly rules: readonly (AlertRule | CoveredRule)[];
}

/** The rules of one pack; `name` of the group holds the pack's. */
export function packAlertRules(source: PackSource): RuleGroup {
  return {
    name: `tidegate-pack-${source.pack}`,
    rules: [rejectedRule(source), ...freshRules(source), ...hitRules(source), ...findingRules(source)],
  };
}

function rejectedRule({ pack, title, aims }: PackSource): AlertRule {
  const judged = (verdict: string): string => `sum(rate(events_judged_total{pack="${pack}"${verdict}}[${REJECTED_MINUTES}m]))`;
  const pct = aims?.rejected_pct ?? REJECTED_PCT;
  return {
    alert: 'RejectedEventsMany',
    expr: `${judged(', verdict="refused"')} / ${judged('')} > ${share(pct)}`,
    for: `${REJECTED_MINUTES}m`,
    labels: { severity: 'ticket', pack },
    annotations: {
      summary: `More than ${pct} % of the events of ${title} are rejected`,
      description: `{{ $value | humanizePercentage }} of the last ${REJECTED_MINUTES} minutes.`,
      runbook_url: runbook('RejectedEventsMany'),
    },
  };
}

function freshRules({ pack, title, aims }: PackSource): readonly AlertRule[] {
  if (aims?.fresh_s === undefined) return [];
  return [
    {
      alert: 'AnswersNotFresh',
      expr: `max(lag_seconds) > ${aims.fresh_s}`,
      for: FRESH_HOLD,
      labels: { severity: 'ticket', pack },
      annotations: {
        summary: `Answers of ${title} lack what came more than ${aims.fresh_s} seconds ago`,
        description: 'The oldest event that is not counted is {{ $value | humanizeDuration }} old.',
        runbook_url: runbook('AnswersNotFresh'),
      },
    },
  ];
}

function hitRules({ pack, cache = {} }: PackSource): readonly (AlertRule | CoveredRule)[] {
  return Object.entries(cache).flatMap(([name, { hit_aim_pct: pct }]) => {
    if (pct === undefined) return [];
    const of = `${pack}.${name}`;
    const rule: AlertRule = {
      alert: 'CacheHitRateLow',
      expr: `tidegate:cache_hits:ratio30m{class="${of}"} < ${share(pct)} and on (class) tidegate:cache_lookups:increase30m >= ${LOOKUPS_MIN}`,
      labels: { severity: 'ticket', pack, class: of },
      annotations: {
        summary: `Fewer than ${pct} % of the look-ups of class ${of} find something in the cache`,
        description: '{{ $value | humanizePercentage }} of the last half hour.',
        runbook_url: runbook('CacheHitRateLow'),
      },
    };
    return [covered('class', { class: of }), rule];
  });
}

function findingRules({ pack, insights = {} }: PackSource): readonly (AlertRule | CoveredRule)[] {
  return Object.entries(insights).flatMap(([insight, { event, title }]) => {
    if (event === undefined) return [];
    const rule: AlertRule = {
      alert: 'FindingsTold',
      expr: `sum(increase(findings_told_total{pack="${pack}", insight="${insight}"}[${FINDINGS_WINDOW}])) > 0`,
      labels: { severity: 'ticket', pack, insight },
      annotations: {
        summary: title ?? `The rule ${insight} of ${pack} found something`,
        description: '{{ $value | humanize }} in the last hour.',
        runbook_url: runbook('FindingsTold'),
      },
    };
    return [covered('insight', { pack, insight }), rule];
  });
}

function covered(what: string, labels: Readonly<Record<string, string>>): CoveredRule {
  return { record: `tidegate:covered_by_pack:${what}`, expr: 'vector(1)', labels };
}

/** 57 of a hundred is 0.57, not 0.5699999999999999. */
function share(pct: number): string {
  return String(Number((pct / 100).toFixed(6)));
}

function runbook(alert: string): string {
  return `docs/runbooks/${alert}.md`;
}
