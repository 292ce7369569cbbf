import { CommandFailure } from '../terminal.ts';
import type { CacheState, EndpointFigures, LoadReport } from './tally.ts';

const TIMES = ['mean', 'median', 'max', 'p95', 'p99'] as const;
const FIGURES = [...TIMES, 'error_rate', 'success_rate', 'requests_per_s', 'hit_rate', 'database_share'] as const;
const STATES = ['hit', 'miss'] as const;
type Time = (typeof TIMES)[number];
type Figure = (typeof FIGURES)[number];

/** What a run is held to: times in seconds, rates in percent. */
export interface Threshold {
  readonly figure: Figure;
  /** Of a time: of answers that came from the cache, or did not, alone. */
  readonly of?: CacheState;
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

/** `p95<0.5`, or `GET /v1/dashboard hit p95<0.5` of one route's answers from the cache. */
export function parseThreshold(text: string): Threshold {
  const match = /^(?:(?<endpoint>[A-Z].*?) )?(?:(?<state>hit|miss) )?(?<figure>[a-z0-9_]+) ?(?<sign>[<>]) ?(?<bound>\d+(?:\.\d+)?)$/.exec(
    text.trim(),
  );
  const { endpoint, state, figure, sign, bound } = match?.groups ?? {};
  const of = STATES.find((one) => one === state);
  if (!isFigure(figure) || (of !== undefined && !isTime(figure))) {
    throw new CommandFailure(
      `--threshold "${text}": write it as [route ][hit |miss ]figure<number, where figure is one of ${FIGURES.join(', ')}.`,
    );
  }
  const given = { ...(endpoint === undefined ? {} : { endpoint }), ...(of === undefined ? {} : { of }) };
  return { figure, is: sign === '<' ? 'below' : 'above', bound: Number(bound), ...given };
}

function isTime(figure: Figure): figure is Time {
  return TIMES.some((time) => time === figure);
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

function thresholdText({ figure, is, bound, endpoint, of }: Threshold): string {
  return `${endpoint === undefined ? '' : `${endpoint} `}${of === undefined ? '' : `${of} `}${figure}${is === 'below' ? '<' : '>'}${bound}`;
}

function valueOf(report: LoadReport, { figure, endpoint, of }: Threshold): number | null {
  const figures = endpoint === undefined ? report.all : report.endpoints.find((one) => one.endpoint === endpoint);
  if (figures === undefined || figures.requests === 0) return null;
  switch (figure) {
    case 'error_rate':
      return (100 * figures.errors) / figures.requests;
    case 'success_rate':
      return (100 * (figures.requests - figures.errors)) / figures.requests;
    case 'requests_per_s':
      return figures.requests / report.durationS;
    case 'hit_rate':
      return hitRate(figures);
    case 'database_share':
      return databaseShare(report);
    default:
      return (of === undefined ? figures : figures.cache?.[of])?.times?.[figure] ?? null;
  }
}

/** Percent of the answers that say whether they came from the cache; null where none does. */
export function hitRate({ cache }: EndpointFigures): number | null {
  return cache === null ? null : (100 * cache.hit.requests) / (cache.hit.requests + cache.miss.requests);
}

/** Percent of the reads whose answer does not say that it came from the cache: the most that can have reached the database. */
export function databaseShare({ reads, all }: LoadReport): number | null {
  return reads === 0 ? null : (100 * (reads - (all.cache?.hit.requests ?? 0))) / reads;
}
