import pc from 'picocolors';
import { numberText, tableView } from '../table-view.ts';
import type { EndpointFigures, LoadReport, StateFigures } from './tally.ts';
import { databaseShare, hitRate, type JudgedThreshold } from './thresholds.ts';
import { watchedJson, watchedView } from './watched-view.ts';
import type { WatchedFigures } from './watched.ts';

/** What the run was, beside what came of it. */
export interface LoadHeading {
  readonly scenario: string;
  /** What is asked, in words; of paths the paths. */
  readonly asks: string;
  readonly gateway: string;
  /** In words: "1,000 users, one request each 5 s" or "10 at once". */
  readonly load: string;
  readonly startedAt: string;
  readonly isOpenLoop: boolean;
  /** Null: no servers were watched. */
  readonly watched: WatchedFigures | null;
}

/** Times by which the generator itself bends what it measures. */
const LATE_S = 0.01;
const TIME_NAMES = ['mean', 'median', 'min', 'max', 'sd', 'p95', 'p99'] as const;

/** The report for people: seconds with three decimals, success in percent with one (D-M8). */
export function loadReportView(heading: LoadHeading, report: LoadReport, judged: readonly JudgedThreshold[]): string {
  const { all } = report;
  const parts = [
    `${pc.bold(heading.scenario)} at ${heading.gateway}: ${heading.load}, ${report.durationS.toFixed(1)} s`,
    [
      `requests      ${numberText(all.requests)}`,
      `errors        ${numberText(all.errors)}`,
      `success rate  ${successText(all)}`,
      `requests/s    ${perSecond(all.requests, report.durationS).toFixed(1)}`,
      ...(report.events === 0 ? [] : [`events/s      ${perSecond(report.events, report.durationS).toFixed(1)}`]),
    ].join('\n'),
    `Response times in seconds\n${timesTable([all, ...report.endpoints])}`,
    `Status codes\n${tableView({ columns: [textColumn('status'), numberColumn('requests')], rows: Object.entries(report.byStatus) })}`,
  ];
  if (all.cache !== null) parts.push(cacheView([all, ...report.endpoints], report));
  if (heading.watched !== null) parts.push(watchedView(heading.watched));
  if (report.errors.length > 0) {
    const rows = report.errors.map(({ text, count }) => [text, count]);
    parts.push(`Errors\n${tableView({ columns: [textColumn('what'), numberColumn('requests')], rows })}`);
  }
  if (judged.length > 0) parts.push(judged.map(judgedText).join('\n'));
  if (report.lateP99S > LATE_S)
    parts.push(
      pc.yellow(`This process sent 1 % of the requests more than ${report.lateP99S.toFixed(3)} s late: give it more of the machine.`),
    );
  return parts.join('\n\n');
}

/** The report for programs; times with six decimals. */
export function loadReportJson(heading: LoadHeading, report: LoadReport, judged: readonly JudgedThreshold[]): unknown {
  return {
    scenario: heading.scenario,
    asks: heading.asks,
    gateway: heading.gateway,
    load: heading.load,
    loop: heading.isOpenLoop ? 'open' : 'closed',
    started_at: heading.startedAt,
    duration_s: rounded(report.durationS),
    ...figuresJson(report.all, report.durationS),
    ...(report.events === 0 ? {} : { events: report.events, events_per_s: rounded(perSecond(report.events, report.durationS)) }),
    by_status: report.byStatus,
    endpoints: report.endpoints.map((one) => ({ endpoint: one.endpoint, ...figuresJson(one, report.durationS) })),
    error_texts: report.errors,
    late_p99_s: rounded(report.lateP99S),
    reads: report.reads,
    database_share: roundedOrNull(databaseShare(report)),
    watched: heading.watched === null ? null : watchedJson(heading.watched),
    thresholds: judged.map(({ value, ...rest }) => ({ ...rest, value: roundedOrNull(value) })),
  };
}

function figuresJson(figures: EndpointFigures, durationS: number): Readonly<Record<string, unknown>> {
  const { requests, errors, times, cache } = figures;
  return {
    requests,
    errors,
    success_rate: successRate({ requests, errors }),
    requests_per_s: rounded(perSecond(requests, durationS)),
    times: timesJson(times),
    ...(cache === null
      ? {}
      : { cache: { hit_rate: roundedOrNull(hitRate(figures)), hit: stateJson(cache.hit), miss: stateJson(cache.miss) } }),
  };
}

function stateJson({ requests, times }: StateFigures): unknown {
  return { requests, times: timesJson(times) };
}

function timesJson(times: EndpointFigures['times']): unknown {
  return times === null ? null : Object.fromEntries(TIME_NAMES.map((name) => [name, rounded(times[name])]));
}

/** Answers that say whether they came from the cache. */
function cacheView(rows: readonly EndpointFigures[], report: LoadReport): string {
  const seconds = ({ times }: StateFigures, name: 'median' | 'p95'): string => (times === null ? '–' : times[name].toFixed(3));
  const view = tableView({
    columns: [
      textColumn('route'),
      ...['hit rate %', 'hit median', 'hit p95', 'miss median', 'miss p95'].map((name) => ({ name, type: 'decimal' })),
    ],
    rows: rows.flatMap((one) => {
      if (one.cache === null) return [];
      const { hit, miss } = one.cache;
      const times = [seconds(hit, 'median'), seconds(hit, 'p95'), seconds(miss, 'median'), seconds(miss, 'p95')];
      return [[one.endpoint, rounded(hitRate(one) ?? 0, 1), ...times]];
    }),
  });
  return `From the cache\n${view}\nOf ${numberText(report.reads)} reads at most ${rounded(databaseShare(report) ?? 0, 1)} % reached the database.`;
}

function timesTable(rows: readonly EndpointFigures[]): string {
  return tableView({
    columns: [
      textColumn('route'),
      numberColumn('requests'),
      textColumn('success'),
      ...TIME_NAMES.map((name) => ({ name, type: 'decimal' })),
    ],
    rows: rows.map((one) => [
      ...[one.endpoint, one.requests, successText(one)],
      ...TIME_NAMES.map((name) => (one.times === null ? '–' : one.times[name].toFixed(3))),
    ]),
  });
}

function judgedText({ threshold, value, met }: JudgedThreshold): string {
  const found = value === null ? 'no answer' : String(rounded(value, 3));
  return `${met ? pc.green('met') : pc.red('not met')}  ${threshold} (${found})`;
}

function successText(figures: Pick<EndpointFigures, 'requests' | 'errors'>): string {
  const rate = successRate(figures);
  return rate === null ? '–' : `${rate.toFixed(1)} %`;
}

/** One decimal; null of no requests. */
function successRate({ requests, errors }: Pick<EndpointFigures, 'requests' | 'errors'>): number | null {
  return requests === 0 ? null : rounded((100 * (requests - errors)) / requests, 1);
}

function perSecond(count: number, durationS: number): number {
  return durationS === 0 ? 0 : count / durationS;
}

function rounded(value: number, decimals = 6): number {
  return Number(value.toFixed(decimals));
}

function roundedOrNull(value: number | null): number | null {
  return value === null ? null : rounded(value);
}

function textColumn(name: string): { readonly name: string; readonly type: string } {
  return { name, type: 'string' };
}

function numberColumn(name: string): { readonly name: string; readonly type: string } {
  return { name, type: 'integer' };
}
