import { CommandFailure } from '../terminal.ts';
import type { EndpointFigures, LoadReport } from './tally.ts';

const FIGURES = ['mean', 'median', 'max', 'p95', 'p99', 'error_rate', 'success_rate', 'requests_per_s'] as const;
type Figure = (typeof FIGURES)[number];

/** What a run is held to: times in seconds, rates in percent. */
export interface Threshold {
  readonly figure: Figure;
  readonly is: 'below' | 'above';
  readonly bound: number;
  /** Of one route, by its name in the report; absent: of all requests. */
  readonly endpoint?: string;
}

export interface JudgedThreshold {
  readonly threshold: string;
  /** Null: nothing was answered that it could be of. */
  readonly value: number | null;
  readonly met: boolean;
}

/** `p95<0.5`, or `GET /v1/dashboard p95<0.5` of one route. */
export function parseThreshold(text: string): Threshold {
  const match = /^(?:(?<endpoint>.+) )?(?<figure>[a-z0-9_]+) ?(?<sign>[<>]) ?(?<bound>\d+(?:\.\d+)?)$/.exec(text.trim());
  const { endpoint, figure, sign, bound } = match?.groups ?? {};
  if (!isFigure(figure)) {
    throw new CommandFailure(`--threshold "${text}": write it as [route ]figure<number, where figure is one of ${FIGURES.join(', ')}.`);
  }
  return { figure, is: sign === '<' ? 'below' : 'above', bound: Number(bound), ...(endpoint === undefined ? {} : { endpoint }) };
}

function isFigure(text: string | undefined): text is Figure {
  return FIGURES.some((figure) => figure === text);
}

/** Each with what came out. A figure that there is none of is not met: a run without answers proves nothing. */
export function judgeThresholds(report: LoadReport, thresholds: readonly Threshold[]): readonly JudgedThreshold[] {
  return thresholds.map((threshold) => {
    const value = valueOf(report, threshold);
    const isMet = value !== null && (threshold.is === 'below' ? value < threshold.bound : value > threshold.bound);
    return { threshold: thresholdText(threshold), value, met: isMet };
  });
}

function thresholdText({ figure, is, bound, endpoint }: Threshold): string {
  return `${endpoint === undefined ? '' : `${endpoint} `}${figure}${is === 'below' ? '<' : '>'}${bound}`;
}

function valueOf(report: LoadReport, { figure, endpoint }: Threshold): number | null {
  const figures = endpoint === undefined ? report.all : report.endpoints.find((one) => one.endpoint === endpoint);
  if (figures === undefined || figures.requests === 0) return null;
  switch (figure) {
    case 'error_rate':
      return (100 * figures.errors) / figures.requests;
    case 'success_rate':
      return (100 * (figures.requests - figures.errors)) / figures.requests;
    case 'requests_per_s':
      return figures.requests / report.durationS;
    default:
      return timeOf(figures, figure);
  }
}

function timeOf({ times }: EndpointFigures, figure: Exclude<Figure, 'error_rate' | 'success_rate' | 'requests_per_s'>): number | null {
  return times === null ? null : times[figure];
}
