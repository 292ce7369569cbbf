/** Loads that the targets of routes are held to, each a command line of `tidegate loadtest`. */

export interface TargetLoad {
  readonly name: string;
  /** Rows of docs/reference/coverage.md that it measures. */
  readonly rows: readonly string[];
  readonly flags: readonly string[];
  /** As `--threshold` takes them. */
  readonly targets: readonly string[];
  /** Share of the minutes of a run; 0: as many requests as its flags say. */
  readonly share: number;
  /** So long it is asked before, unmeasured: for what is wanted of a cache that people have used, and not of its first minute. */
  readonly warmS?: number;
}

const HEALTH = '/api/v1';
const LIST = `${HEALTH}/health-metrics/user/{user}`;
const SUMMARY = `${HEALTH}/health-metrics/user/{user}/summary`;
const GOALS = `${HEALTH}/health-goals/user/{user}`;
const MEALS = `${HEALTH}/nutrition-logs/user/{user}`;
const ADVICE = `${HEALTH}/recommendations/{user}`;
const PROFILE = `${HEALTH}/users/{user}`;
const DASHBOARD = '/v1/dashboard';
const ACTIVITIES = '/v1/activities';
const TRENDS = '/v1/analytics/efficiency-trends';
const CORRELATIONS = '/v1/correlations';

const of = (path: string): string => `${path}?user_id={user}`;
const endpoints = (...paths: readonly string[]): readonly string[] => ['--endpoints', paths.join(',')];
const FEW_ERRORS = 'error_rate<1';

/** With the cache: first what makes answers anew, then what finds them, then the mixes. */
export const CACHED: readonly TargetLoad[] = [
  {
    name: 'with and without',
    rows: ['H-109', 'H-13', 'H-14', 'H-20', 'H-22', 'H-38'],
    flags: [...endpoints(ADVICE, SUMMARY, LIST, PROFILE, MEALS), '--users', '100', '--think', '2'],
    targets: [
      FEW_ERRORS,
      ...[`GET ${ADVICE} miss p95<0.5`, `GET ${ADVICE} hit p95<0.01`, `GET ${ADVICE} hit median<0.005`],
      ...[`GET ${SUMMARY} miss p95<0.15`, `GET ${SUMMARY} hit p95<0.008`],
      `GET ${LIST} p95<0.2`,
      ...[`GET ${PROFILE} miss p95<0.1`, `GET ${PROFILE} hit p95<0.002`],
    ],
    share: 1,
  },
  {
    name: 'sample run',
    rows: ['M-36'],
    flags: [...endpoints(GOALS), '--requests', '500', '--concurrent', '10'],
    targets: ['success_rate>99.99', 'mean<0.045', 'median<0.042', 'max<0.234'],
    share: 0,
  },
  {
    name: 'dashboard',
    rows: ['F-30', 'F-34'],
    flags: [...endpoints(of(DASHBOARD)), '--users', '1000', '--think', '5'],
    targets: [FEW_ERRORS, 'p95<0.5'],
    share: 1,
    warmS: 60,
  },
  {
    name: 'activity list',
    rows: ['F-32', 'F-10', 'F-34'],
    flags: [...endpoints(of(ACTIVITIES)), '--users', '100', '--think', '1'],
    targets: [FEW_ERRORS, 'p95<0.2'],
    share: 1,
  },
  {
    name: 'cached routes',
    rows: ['F-33', 'F-34'],
    flags: [...endpoints(of(DASHBOARD), of(ACTIVITIES), of(TRENDS)), '--users', '100', '--think', '1'],
    targets: [FEW_ERRORS, 'hit p95<0.1'],
    share: 1,
  },
  {
    name: 'correlations',
    rows: ['F-31', 'F-12', 'F-34'],
    flags: [...endpoints(of(CORRELATIONS)), '--users', '100', '--think', '30'],
    targets: [FEW_ERRORS, 'miss p95<5'],
    share: 1,
  },
  {
    name: 'sessions',
    rows: ['S-51'],
    flags: [...endpoints(GOALS, MEALS, ADVICE), '--users', '1000', '--think', '1'],
    targets: [FEW_ERRORS, 'p95<0.1', 'hit p95<0.1'],
    share: 1,
    warmS: 60,
  },
  {
    name: 'one node',
    rows: ['H-24'],
    flags: ['--scenario', 'healthtrack-mix', '--rate', '16.67'],
    targets: [FEW_ERRORS, 'p95<1'],
    share: 1,
  },
  {
    name: 'mix',
    rows: ['H-01', 'H-37', 'H-51', 'H-63', 'H-64', 'H-38', 'H-40', 'H-48'],
    flags: ['--scenario', 'healthtrack-mix', '--rate', '166.67', '--users', '1000'],
    targets: [
      ...[FEW_ERRORS, 'p95<1', 'hit p95<0.01', 'miss p95<0.05', 'hit_rate>80', 'database_share<31.5'],
      ...[`GET ${HEALTH}/recommendations/{user_id} hit_rate>80`, `GET ${HEALTH}/health-metrics/user/{user_id}/summary hit_rate>70`],
      ...[`GET ${HEALTH}/health-goals/user/{user_id} hit_rate>80`, `GET ${HEALTH}/nutrition-logs/user/{user_id} hit_rate>60`],
    ],
    share: 10,
    warmS: 60,
  },
  {
    name: 'claims',
    rows: ['M-10', 'M-11', 'M-12', 'M-37'],
    flags: ['--scenario', 'claims', '--users', '200', '--aims'],
    targets: ['hit_rate>70'],
    share: 2,
    warmS: 60,
  },
];

/** Without the cache, of persons of whom there is a year. */
export const UNCACHED: readonly TargetLoad[] = [
  {
    name: 'list without cache',
    rows: ['F-42'],
    flags: [...endpoints(of(ACTIVITIES)), '--requests', '500', '--concurrent', '10'],
    targets: [FEW_ERRORS, 'p95<0.4'],
    share: 0,
  },
  {
    name: 'trends without cache',
    rows: ['F-42'],
    flags: [...endpoints(of(TRENDS)), '--requests', '500', '--concurrent', '10'],
    targets: [FEW_ERRORS, 'p95<1'],
    share: 0,
  },
];

/** The same recommendations again and again, to set what they take of the query service beside each other (H-112). */
export const ADVICE_LOAD: TargetLoad = {
  name: 'recommendations',
  rows: ['H-112'],
  flags: [...endpoints(ADVICE), '--requests', '500', '--concurrent', '4'],
  targets: [FEW_ERRORS],
  share: 0,
};

/** Rates a second that are tried without the cache until one is too much (H-65). */
export const CLIMB = '20:300:20';
export const CLIMB_ROWS: readonly string[] = ['H-65'];
