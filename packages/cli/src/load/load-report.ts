import pc from 'picocolors';
import { numberText, tableView } from '../table-view.ts';
import type { EndpointFigures, LoadReport } from './tally.ts';
import type { JudgedThreshold } from './thresholds.ts';

/** What the run was, beside what came of it. */
export interface LoadHeading {
  readonly scenario: string;
  readonly gateway: string;
  /** In words: "1,000 users, one request each 5 s" or "10 at once". */
  readonly load: string;
  readonly startedAt: string;
  readonly isOpenLoop: boolean;
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
    thresholds: judged.map(({ value, ...rest }) => ({ ...rest, value: value === null ? null : rounded(value) })),
  };
}

function figuresJson({ requests, errors, times }: EndpointFigures, durationS: number): Readonly<Record<string, unknown>> {
  return {
    requests,
    errors,
    success_rate: successRate({ requests, errors }),
    requests_per_s: rounded(perSecond(requests, durationS)),
    times: times === null ? null : Object.fromEntries(TIME_NAMES.map((name) => [name, rounded(times[name])])),
  };
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

function textColumn(name: string): { readonly name: string; readonly type: string } {
  return { name, type: 'string' };
}

function numberColumn(name: string): { readonly name: string; readonly type: string } {
  return { name, type: 'integer' };
}
