/** What is asked in a load test. Routes are those of the shipped packs; what is written are events of users `load-…`. */
import { pickFrom, recordedMetric } from './load-events.ts';
import { ask, read, send, type LoadRequest, type Moment, type Scenario } from './scenario.ts';

const HEALTH = '/api/v1';
const CLAIM = '/api/v1/claims/{claim_id}';
const RISK = '/api/v1/claims/{claim_id}/risk';
const PAYER = '/api/v1/payers/{payer_id}';

/** Reads of the engine that every installation answers. */
const BASIC: Scenario = {
  name: 'basic',
  title: 'what is installed, and how it stands',
  thinkMs: 1_000,
  acts: ['/v1/packs', '/v1/metrics', '/v1/status'].map((path) => ({ weight: 1, request: () => read(path) })),
  aims: [],
};

/** 80 reads, 15 writes and 5 aggregates of a hundred (H-63); pack healthtrack. */
const HEALTHTRACK_MIX: Scenario = {
  name: 'healthtrack-mix',
  title: '80 % reads, 15 % writes, 5 % aggregates of pack healthtrack',
  thinkMs: 6_000,
  acts: [
    { weight: 30, request: ({ user }) => read(`${HEALTH}/health-metrics/user/{user_id}`, { user_id: user }, '?limit=50') },
    {
      weight: 20,
      request: ({ user }) => read(`${HEALTH}/health-metrics/user/{user_id}/daily`, { user_id: user }, '?metric_type=steps'),
    },
    { weight: 10, request: ({ user }) => read(`${HEALTH}/health-goals/user/{user_id}`, { user_id: user }) },
    { weight: 10, request: ({ user }) => read(`${HEALTH}/nutrition-logs/user/{user_id}`, { user_id: user }) },
    { weight: 10, request: ({ user }) => read(`${HEALTH}/recommendations/{user_id}`, { user_id: user }) },
    { weight: 15, request: (moment) => send(moment, [recordedMetric(moment)]) },
    { weight: 5, request: ({ user }) => read(`${HEALTH}/health-metrics/user/{user_id}/summary`, { user_id: user }) },
  ],
  // 10,000 requests a minute at fewer than 1 % errors, 95 of 100 within a second (H-01).
  aims: [
    { figure: 'error_rate', is: 'below', bound: 1 },
    { figure: 'p95', is: 'below', bound: 1 },
  ],
};

/** An athlete's day in the app (F-29); pack fitness. */
const FITNESS: Scenario = {
  name: 'fitness',
  title: 'dashboard, list, trends, food, now and then correlations, of pack fitness',
  thinkMs: 5_000,
  acts: [
    { weight: 35, request: ({ user }) => read('/v1/dashboard', {}, `?user_id=${user}`) },
    { weight: 25, request: ({ user }) => read('/v1/activities', {}, `?user_id=${user}&limit=50`) },
    {
      weight: 20,
      request: ({ user, draw }) =>
        read('/v1/activities/summary', {}, `?user_id=${user}&interval=${pickFrom(['week', 'day', 'month'], draw)}`),
    },
    { weight: 17, request: (moment) => send(moment, [loggedFood(moment)]) },
    { weight: 3, request: ({ user }) => ask(CORRELATIONS, correlation(user)) },
  ],
  // F-30 to F-32, at the 95th percentile (F-34).
  aims: [
    { figure: 'error_rate', is: 'below', bound: 1 },
    { figure: 'p95', is: 'below', bound: 0.5, endpoint: 'GET /v1/dashboard' },
    { figure: 'p95', is: 'below', bound: 0.2, endpoint: 'GET /v1/activities' },
    { figure: 'p95', is: 'below', bound: 5, endpoint: 'POST /v1/query correlate' },
  ],
};

const CORRELATIONS = 'POST /v1/query correlate';

function correlation(subject: string): unknown {
  return {
    ...{ kind: 'correlate', metric: 'training.nutrition', subject, last: '90d' },
    output: { measure: 'calories' },
    inputs: [{ measure: 'protein_g' }, { measure: 'carbs_g' }, { measure: 'fat_g' }],
  };
}

function loggedFood({ user, nowMs, nextId, draw }: Moment): Parameters<typeof send>[1][number] {
  const [protein, carbs, fat] = [draw() * 50, draw() * 120, draw() * 40].map(Math.round) as [number, number, number];
  return {
    type: 'training.nutrition.logged',
    subject: user,
    data: {
      ...{ entry_id: nextId(), logged_on: new Date(nowMs).toISOString().slice(0, 10), calories: 4 * protein + 4 * carbs + 9 * fat },
      ...{ protein_g: protein, carbs_g: carbs, fat_g: fat },
    },
  };
}

/** Who works on claims: a claim and its risk are looked at, now and then one comes into another state; pack marb. */
const CLAIMS: Scenario = {
  name: 'claims',
  title: 'claims, their risks, payers and lists, now and then a new state or score, of pack marb',
  thinkMs: 2_000,
  acts: [
    { weight: 40, request: ({ user }) => read(CLAIM, { claim_id: user }) },
    { weight: 30, request: ({ user }) => read(RISK, { claim_id: user }) },
    { weight: 20, request: ({ draw }) => read(PAYER, { payer_id: `payer-${1 + Math.floor(draw() * 12)}` }) },
    { weight: 5, request: () => read('/api/v1/claims', {}, '?limit=50') },
    {
      weight: 5,
      request: (moment) =>
        send(moment, [
          { type: 'claims.claim.status_changed', data: { claim_id: moment.user, status: pickFrom(['pending', 'appealed'], moment.draw) } },
        ]),
    },
  ],
  // M-10 to M-12.
  aims: [
    { figure: 'error_rate', is: 'below', bound: 1 },
    { figure: 'hit_rate', is: 'above', bound: 60, endpoint: `GET ${CLAIM}` },
    { figure: 'hit_rate', is: 'above', bound: 80, endpoint: `GET ${RISK}` },
    { figure: 'hit_rate', is: 'above', bound: 90, endpoint: `GET ${PAYER}` },
  ],
};

/** Batches of measurements, as many events a request as asked; pack healthtrack. */
function ingest(batch: number): Scenario {
  return {
    name: 'ingest',
    title: `${batch} measurements a request, of pack healthtrack`,
    thinkMs: 1_000,
    acts: [
      {
        weight: 1,
        request: (moment) =>
          send(
            moment,
            Array.from({ length: batch }, () => recordedMetric(moment)),
          ),
      },
    ],
    aims: [{ figure: 'error_rate', is: 'below', bound: 1 }],
  };
}

/** Reads of paths that the caller names, `{user}` being the person on whose behalf is asked. */
function endpoints(paths: readonly string[]): Scenario {
  return {
    ...BASIC,
    name: 'endpoints',
    title: paths.join(', '),
    acts: paths.map((path) => ({ weight: 1, request: ({ user }) => readAny(path, user) })),
  };
}

function readAny(path: string, user: string): LoadRequest {
  return { endpoint: `GET ${path.split('?')[0] ?? path}`, method: 'GET', path: path.replaceAll('{user}', encodeURIComponent(user)) };
}

export const SCENARIOS = ['basic', 'healthtrack-mix', 'fitness', 'claims', 'ingest'] as const;
export type ScenarioName = (typeof SCENARIOS)[number];

export interface ScenarioChoice {
  readonly scenario: ScenarioName;
  /** In place of the scenario. */
  readonly endpoints?: readonly string[];
  readonly batch: number;
}

export function scenarioOf({ scenario, endpoints: paths, batch }: ScenarioChoice): Scenario {
  if (paths !== undefined) return endpoints(paths);
  switch (scenario) {
    case 'basic':
      return BASIC;
    case 'healthtrack-mix':
      return HEALTHTRACK_MIX;
    case 'fitness':
      return FITNESS;
    case 'claims':
      return CLAIMS;
    case 'ingest':
      return ingest(batch);
  }
}
