import { readFileSync } from 'node:fs';
import { compilePack, compileViews, createState, encodeState, parsePack, seriesEntry } from '@tidegate/core';
import type { PackSource } from '@tidegate/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { RunningQuery } from '../../services/query/src/app.ts';
import { createPseudonyms } from '../../services/query/src/pseudonyms.ts';
import { createWorld, SECRET, until } from '../../services/query/test/world.ts';
import type { World } from '../../services/query/test/world.ts';
import { packFile } from './pack-in-process.ts';
import { makeTables, putRows } from './rows-in-postgres.ts';
import type { Logged } from './rows-of-events.ts';

// Every route of analytics over real servers, each in the same ways: what it answers, by hand; to whom there is nothing, who may not
// ask and who asks wrongly; and the same answer out of the cache, without a cache, and while the cache is away. What the answers of
// the pack are in general is judged by DuckDB (novamind.test.ts) and by hand (treatment-outcomes.test.ts).

const TENANTS = ['acme', 'beta'] as const;
type Tenant = (typeof TENANTS)[number];
const SCOPES = ['query:read', 'patient:read'];
const PACK = sourceOf('novamind');
const VIEWS = compileViews(PACK);
const WIKI = {
  pack: 'wiki',
  title: 'Wikipedia edits',
  events: { 'wiki.edit': { subject: 'optional', fields: { page: { type: 'string', dimension: true } } } },
  metrics: {
    'wiki.edits': { events: ['wiki.edit'], dimensions: ['page'], sets: [['page'], ['subject']], measures: { edits: { measure: 'count' } } },
  },
} as const;
const person = (id: string): string => createPseudonyms(Buffer.from(SECRET))('acme', id);

interface Way {
  readonly path: string;
  readonly body?: object;
}

interface Route extends Way {
  /** What is answered, as far as it is told here. */
  readonly expected: object;
  /** Asked where nobody has anything. Absent: the same. */
  readonly elsewhere?: Way;
  /** What is answered there. */
  readonly empty: object;
  /** What another tenant is answered to the same; absent: that. */
  readonly toOthers?: object;
  /** What a person is told who sees their own rows alone: nothing, or that it is not for them. */
  readonly toPerson: 'nothing' | 'row_refused' | 'scope_missing' | 'not_stored_together';
  /** Whether it is kept; default: it is. */
  readonly isKept?: false;
  /** Refused, and the place that is told. */
  readonly wrong: readonly (readonly [what: string, way: Way, at: string])[];
  /** Null: whoever is a caller may ask it of services; the gateway asks for the scope. */
  readonly scope: string | null;
}

const AUTUMN = 'start=2026-11-01&end=2026-11-30';
const YEAR = 'start=2026-01-01&end=2026-11-20';
const view = (name: string, query: string): string => `/v1/views/novamind/${name}?${query}`;

/** The samples of the pack: four encounters of three patients, two treatments with scores, a course with an adverse event. */
const ROUTES: Readonly<Record<string, Route>> = {
  'GET /v1/analytics/practices/{practice_id}/metrics': {
    path: view('practice_metrics', `practice_id=north&${AUTUMN}`),
    // Two on the 2nd, of which one was missed, and one on the 3rd; 50 and 25.5 minutes, 120.00 and 80.50.
    expected: {
      totals: {
        encounters: 3,
        completed: 2,
        no_show: 1,
        active_patients: 2,
        completion_rate: 66.67,
        avg_duration_min: 37.75,
        total_cost: 200.5,
      },
      by_provider: [
        { provider_id: 'dr-1', encounters: 2, patients: 1 },
        { provider_id: 'dr-2', encounters: 1, patients: 1 },
      ],
      series: [
        { encounters: 2, active_patients: 1, no_show_rate: 50 },
        { encounters: 1, active_patients: 1, no_show_rate: 0 },
      ],
    },
    elsewhere: { path: view('practice_metrics', `practice_id=west&${AUTUMN}`) },
    empty: { totals: { encounters: 0, completion_rate: null, total_cost: 0 }, by_class: [], by_provider: [], series: [] },
    wrong: [
      ['no practice', { path: view('practice_metrics', AUTUMN) }, 'practice_id'],
      ['an interval that is none', { path: view('practice_metrics', `practice_id=north&interval=hour`) }, 'interval'],
      ['an end before the start', { path: view('practice_metrics', 'practice_id=north&start=2026-11-02&end=2026-11-01') }, 'end'],
    ],
    toPerson: 'nothing',
    scope: 'query:read',
  },
  'GET /v1/analytics/anomalies': {
    path: view('anomalies', 'start=2026-10-29&end=2026-11-10'),
    // Of 14 nines and 14 elevens the median is 10, and all lie 1 from it: 0.6745 · (30 - 10) / 1.
    expected: {
      items: [{ metric: 'encounters', day: '2026-11-08', value: 30, expected: 10, z: 13.49, severity: 'high', direction: 'above' }],
    },
    elsewhere: { path: view('anomalies', 'start=2026-10-29&end=2026-11-10&metric=adverse_events') },
    empty: { items: [] },
    wrong: [
      ['a figure that is none', { path: view('anomalies', 'metric=moods') }, 'metric'],
      ['more days than a year', { path: view('anomalies', 'start=2024-01-01&end=2026-01-01') }, 'days'],
    ],
    toPerson: 'not_stored_together',
    scope: 'query:read',
  },
  'GET /v1/analytics/patients/{patient_id}/treatment-outcomes': {
    path: view('treatment_outcomes', `patient_id=patient-1&${YEAR}`),
    // 18 → 7: 11 of 18.
    expected: {
      treatments: [
        { treatment_id: 'tr-1', instrument: 'phq9', baseline: 18, latest: 7, change: -11, improvement_pct: 61.11, category: 'response' },
      ],
      summary: { treatments: 1, evaluable: 1, response_rate: 100, remission_rate: 0 },
    },
    elsewhere: { path: view('treatment_outcomes', `patient_id=patient-9&${YEAR}`) },
    empty: { treatments: [], summary: { treatments: 0, evaluable: 0, response_rate: null } },
    wrong: [
      ['no patient', { path: view('treatment_outcomes', YEAR) }, 'patient_id'],
      ['an instrument that is none', { path: view('treatment_outcomes', 'patient_id=patient-1&instrument=ruler') }, 'instrument'],
    ],
    toPerson: 'row_refused',
    scope: 'patient:read',
  },
  'GET /v1/patients/{patient_id}/summary': {
    path: view('patient_summary', 'patient_id=patient-1'),
    expected: {
      diagnoses: [{ diagnosis_code: 'F33.1' }],
      treatments: [{ treatment_id: 'tr-1' }],
      medication: [],
      scores: [{ instrument: 'phq9', score: 7 }],
    },
    elsewhere: { path: view('patient_summary', 'patient_id=patient-9') },
    empty: { diagnoses: [], treatments: [], medication: [], scores: [] },
    wrong: [['no patient', { path: view('patient_summary', '') }, 'patient_id']],
    toPerson: 'row_refused',
    scope: 'patient:read',
  },
  'GET /v1/analytics/diagnoses/distribution': {
    path: view('diagnosis_distribution', `group_by=sex&${AUTUMN}`),
    expected: {
      patients_with_diagnosis: 1,
      items: [{ rank: 1, diagnosis_code: 'F33.1', patients: 1, share_pct: 100, groups: [{ key: 'female', patients: 1 }] }],
      other: { patients: 0, codes: 0 },
    },
    elsewhere: { path: view('diagnosis_distribution', `practice_id=west&${AUTUMN}`) },
    empty: { patients_with_diagnosis: 0, items: [] },
    wrong: [
      ['a limit of none', { path: view('diagnosis_distribution', 'limit=0') }, 'limit'],
      ['groups that are none', { path: view('diagnosis_distribution', 'group_by=mood') }, 'group_by'],
    ],
    toPerson: 'nothing',
    scope: 'query:read',
  },
  'GET /v1/analytics/medications/{medication_code}/effectiveness': {
    path: view('medication_effectiveness', `medication_code=36437&${YEAR}`),
    // From the 1st of June to the 1st of August; the score after that is none of the course.
    expected: { courses: 1, patients: 1, evaluable: 0, discontinuation_rate: 100, adverse_event_rate: 100, avg_course_days: 61 },
    elsewhere: { path: view('medication_effectiveness', `medication_code=1&${YEAR}`) },
    empty: { courses: 0, patients: 0, evaluable: 0, response_rate: null, avg_course_days: null },
    wrong: [['an instrument that is none', { path: view('medication_effectiveness', 'medication_code=1&instrument=ruler') }, 'instrument']],
    toPerson: 'nothing',
    scope: 'query:read',
  },
  'GET /v1/analytics/treatments/comparison': {
    path: view('treatment_comparison', `treatments=CBT,IPT&diagnosis_code=F33.1&${YEAR}`),
    // The patient of the other treatment has no such diagnosis.
    expected: {
      reference: 'CBT',
      arms: [
        { treatment_code: 'CBT', n: 1, evaluable: 1, mean_improvement_pct: 61.11, response_rate: 100 },
        { treatment_code: 'IPT', n: 0, evaluable: 0, mean_improvement_pct: null, response_ci95: null },
      ],
      contrasts: [{ treatment_code: 'IPT', p: null, insufficient_data: true }],
    },
    elsewhere: { path: view('treatment_comparison', `treatments=CBT,IPT&diagnosis_code=F1&${YEAR}`) },
    empty: {
      arms: [
        { treatment_code: 'CBT', n: 0 },
        { treatment_code: 'IPT', n: 0 },
      ],
    },
    wrong: [
      ['one treatment', { path: view('treatment_comparison', 'treatments=CBT&diagnosis_code=F33.1') }, 'treatments'],
      ['no diagnosis', { path: view('treatment_comparison', 'treatments=CBT,IPT') }, 'diagnosis_code'],
    ],
    toPerson: 'nothing',
    scope: 'query:read',
  },
  'GET /v1/analytics/patients/risk-stratification': {
    path: view('risk_stratification', 'as_of=2026-11-20T00:00:00Z&limit=1'),
    // One missed visit (5), and a treatment that changed nothing (14 → 16 of 14 is -14 %: 10).
    expected: {
      counts: { low: 3, moderate: 0, high: 0, critical: 0 },
      items: [
        {
          patient_ref: person('patient-2'),
          score: 15,
          tier: 'low',
          factors: [
            { factor: 'no_shows', value: 1, points: 5 },
            { factor: 'latest_treatment', value: 'unchanged', points: 10 },
          ],
        },
      ],
      next_cursor: 1,
    },
    elsewhere: { path: view('risk_stratification', 'as_of=2026-11-20T00:00:00Z&practice_id=west') },
    empty: { counts: { low: 0, moderate: 0, high: 0, critical: 0 }, items: [], next_cursor: null },
    wrong: [
      ['a tier that is none', { path: view('risk_stratification', 'tier=dire') }, 'tier'],
      ['an instant that is none', { path: view('risk_stratification', 'as_of=yesterday') }, 'as_of'],
    ],
    toPerson: 'scope_missing',
    scope: 'patient:read',
  },
};

const EDITS = { metric: 'wiki.edits', from: '2024-10-04', to: '2024-10-05' } as const;
const EARLIER = { from: '2024-09-01', to: '2024-09-02' } as const;
const VISITS = { metric: 'clinical.encounters_current', measure: 'encounters' } as const;
const STEP = { event: 'wiki.edit' } as const;
const FRIDAY = '2024-10-04T00:00:00.000+00:00';
const NO_ROWS = { rows: [] } as const;

type Answers = Pick<Route, 'expected' | 'empty' | 'toOthers' | 'toPerson' | 'isKept'>;
interface Question {
  readonly body: object;
  readonly elsewhere?: object;
  readonly path?: string;
}

function question({ body, elsewhere = EARLIER, path = '/v1/query' }: Question, answers: Answers, wrong: Route['wrong'] = []): Route {
  const unknown = ['a member that is none', { path, body: { ...body, colour: 'red' } }, ''] as const;
  return { ...{ path, body, ...answers, scope: null }, elsewhere: { path, body: { ...body, ...elsewhere } }, wrong: [unknown, ...wrong] };
}

const asked = (body: object): Way => ({ path: '/v1/query', body });
const inAddress = (body: object): string => `/v1/query?q=${encodeURIComponent(JSON.stringify(body))}`;
const UNTOLD = [null, null, null, null, null, null] as const;
const PERCENTILES = [1, 2, ...Array.from({ length: 19 }, (_, at) => 5 * at + 5), 98, 99];
/** A quantile is told within one in a hundred. */
const WITHIN_A_HUNDREDTH_OF_50: unknown = expect.closeTo(50, 0);
const about = (value: number): unknown => expect.closeTo(value, 4);

/** One person, who came to the second step a minute after the first. */
const OF_TWO_STEPS: Answers = {
  expected: {
    rows: [
      [1, 'wiki.edit', 1, 100, 100, 0],
      [2, 'wiki.edit', 1, 100, 100, 60],
    ],
  },
  empty: {
    rows: [
      [1, 'wiki.edit', 0, null, null, null],
      [2, 'wiki.edit', 0, null, null, null],
    ],
  },
  toPerson: 'row_refused',
  isKept: false,
};

/** Three edits of Oslo and two of Bergen in the first quarter of an hour of a Friday; five raw ones of one person, a minute apart. */
const GENERIC: Readonly<Record<string, Route>> = {
  'POST /v1/query: summary': question(
    { body: { ...EDITS, kind: 'summary' } },
    { expected: { rows: [[5]] }, empty: { rows: [[0]] }, toPerson: 'nothing' },
    [['a range of two kinds', asked({ ...EDITS, kind: 'summary', last: '7d' }), 'last']],
  ),
  'POST /v1/query: series': question(
    { body: { ...EDITS, kind: 'series', grain: 'day' } },
    { expected: { rows: [[FRIDAY, 5]] }, empty: NO_ROWS, toPerson: 'nothing' },
    [['a grain that is none', asked({ ...EDITS, kind: 'series', grain: 'moment' }), 'grain']],
  ),
  'POST /v1/query: table': question(
    { body: { ...EDITS, kind: 'table', group_by: ['page'] } },
    {
      expected: {
        rows: [
          ['Oslo', 3],
          ['Bergen', 2],
        ],
      },
      empty: NO_ROWS,
      toPerson: 'not_stored_together',
    },
    [['a limit of none', asked({ ...EDITS, kind: 'table', group_by: ['page'], limit: 0 }), 'limit']],
  ),
  'POST /v1/query: heatmap': question(
    { body: { ...EDITS, kind: 'heatmap' } },
    { expected: { rows: [[5, 0, 5]] }, empty: NO_ROWS, toPerson: 'nothing' },
  ),
  // 9, 11, 9, 11, 9: as much before the middle as after it, so the line is their mean.
  'POST /v1/query: trend': question(
    { body: { ...VISITS, kind: 'trend', from: '2026-10-01', to: '2026-10-06', rolling: 2 } },
    {
      expected: { rows: [9, 11, 9, 11, 9].map((value, at) => [expect.any(String), value, at === 0 ? 9 : 10, about(9.8)]) },
      empty: { rows: [['2024-09-01T00:00:00.000+00:00', 0, 0, null]] },
      toOthers: { rows: [9, 11, 9, 11, 9].map(() => [expect.any(String), 0, 0, 0]) },
      toPerson: 'not_stored_together',
    },
    [['a measure that is not asked', asked({ metric: VISITS.metric, kind: 'trend', last: '7d' }), 'measure']],
  ),
  'POST /v1/query: anomalies': question(
    { body: { ...VISITS, kind: 'anomalies', from: '2026-11-08', to: '2026-11-09' } },
    {
      expected: { rows: [['2026-11-08T00:00:00.000+00:00', 30, 10, about(13.49), 'high', 'above']] },
      empty: NO_ROWS,
      toPerson: 'not_stored_together',
    },
  ),
  // The line through 28 values 10 ± 1: slope 14 / 1,827, so 14.5 steps from the middle 10.1111; ±1.959964 √((28 - 196 / 1,827) / 26).
  'POST /v1/query: forecast': question(
    { body: { ...VISITS, kind: 'forecast', from: '2026-10-01', to: '2026-10-29', horizon: 1 } },
    {
      expected: { rows: [['2026-10-29T00:00:00.000+00:00', about(10.1111), about(8.0811), about(12.1412)]] },
      empty: NO_ROWS,
      toOthers: { rows: [['2026-10-29T00:00:00.000+00:00', 0, 0, 0]] },
      toPerson: 'not_stored_together',
    },
  ),
  'POST /v1/query: correlate': question(
    {
      body: {
        metric: VISITS.metric,
        kind: 'correlate',
        output: { measure: 'encounters' },
        inputs: [{ measure: 'encounters' }],
        from: '2026-10-01',
        to: '2026-10-29',
      },
    },
    {
      expected: { rows: [['encounters', 0, 28, about(1), about(1), null, 0, 0, 'strong', true, null]] },
      empty: { rows: [['encounters', 0, 1, ...UNTOLD, null, 'too_few']] },
      toOthers: { rows: [['encounters', 0, 28, ...UNTOLD, null, 'constant']] },
      toPerson: 'not_stored_together',
    },
  ),
  // Thirty after eleven: 19 of 11.
  'POST /v1/query: compare': question(
    { body: { metric: VISITS.metric, measures: ['encounters'], kind: 'compare', from: '2026-11-08', to: '2026-11-09' } },
    {
      expected: { rows: [['encounters', 30, 11, 19, about(172.7273), ...UNTOLD]] },
      empty: { rows: [['encounters', 0, 0, 0, null, ...UNTOLD]] },
      toPerson: 'not_stored_together',
    },
  ),
  'POST /v1/query: distribution': question(
    { body: { metric: VISITS.metric, measure: 'minutes', kind: 'distribution', from: '2026-11-08', to: '2026-11-09' } },
    {
      expected: { rows: PERCENTILES.map((percentile) => [percentile, WITHIN_A_HUNDREDTH_OF_50]) },
      empty: { rows: PERCENTILES.map((percentile) => [percentile, null]) },
      toPerson: 'not_stored_together',
    },
  ),
  'POST /v1/query: funnel': question({ body: { kind: 'funnel', from: EDITS.from, to: EDITS.to, steps: [STEP, STEP] } }, OF_TWO_STEPS, [
    ['one step', asked({ kind: 'funnel', last: '7d', steps: [STEP] }), 'steps'],
  ]),
  'POST /v1/query: retention': question(
    { body: { kind: 'retention', from: EDITS.from, to: EDITS.to, start: STEP, return: STEP, grain: 'day' } },
    {
      expected: { rows: Array.from({ length: 9 }, (_, at) => [FRIDAY, at, 1, at === 0 ? 1 : 0, at === 0 ? 100 : 0]) },
      empty: NO_ROWS,
      toPerson: 'row_refused',
      isKept: false,
    },
  ),
  'POST /v1/query: sessions': question(
    { body: { kind: 'sessions', from: EDITS.from, to: EDITS.to, events: [STEP] } },
    { expected: { rows: [[FRIDAY, 1, 1, 5, 240, 240, 0]] }, empty: NO_ROWS, toPerson: 'row_refused', isKept: false },
  ),
  'POST /v1/funnels': question({ path: '/v1/funnels', body: { from: EDITS.from, to: EDITS.to, steps: [STEP, STEP] } }, OF_TWO_STEPS),
  'POST /v1/query/batch': {
    path: '/v1/query/batch',
    body: {
      questions: [
        { ...EDITS, kind: 'summary' },
        { ...EDITS, kind: 'moods' },
      ],
    },
    expected: { answers: [{ status: 200, answer: { rows: [[5]] } }, { status: 422 }] },
    elsewhere: { path: '/v1/query/batch', body: { questions: [{ ...EDITS, ...EARLIER, kind: 'summary' }] } },
    empty: { answers: [{ status: 200, answer: { rows: [[0]] } }] },
    toOthers: { answers: [{ status: 200, answer: { rows: [[0]] } }, { status: 422 }] },
    toPerson: 'nothing',
    wrong: [['no question', { path: '/v1/query/batch', body: { questions: [] } }, 'questions']],
    scope: null,
  },
  'GET /v1/query': {
    path: inAddress({ ...EDITS, kind: 'summary' }),
    expected: { rows: [[5]] },
    elsewhere: { path: inAddress({ ...EDITS, ...EARLIER, kind: 'summary' }) },
    empty: { rows: [[0]] },
    wrong: [['no question', { path: '/v1/query' }, 'q']],
    toPerson: 'nothing',
    scope: null,
  },
};

let world: World;
let cached: RunningQuery;
let uncached: RunningQuery;

function sourceOf(name: string): PackSource {
  const parsed = parsePack(parse(readFileSync(packFile(name, 'pack.yaml'), 'utf8')));
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.fault));
  return parsed.value;
}

/** The samples as the log has them: persons by their pseudonym, and of a sealed date of birth the year. */
function samples(): readonly Logged[] {
  return ['practice', 'treatment'].flatMap((file) =>
    readFileSync(packFile('novamind', `samples/${file}.ndjson`), 'utf8')
      .trim()
      .split('\n')
      .map((line): Logged => {
        const {
          occurred_at: time,
          subject,
          data,
          ...event
        } = JSON.parse(line) as Logged & { readonly subject: string; readonly occurred_at: string };
        const { birth_date: born, ...others } = data;
        return {
          ...event,
          time,
          subject: person(subject),
          data: typeof born === 'string' ? { ...others, birth_year: Number(born.slice(0, 4)) } : others,
        };
      }),
  );
}

/** Nine and eleven encounters in turn for 41 days, and thirty on the 8th of November. */
async function fillEncounters(): Promise<void> {
  const metric = compilePack({ tenant: 'acme', version: 1, metricVersions: {}, pack: PACK }).metrics.get('clinical.encounters_current');
  if (metric === undefined) throw new Error('no such metric');
  const id = Buffer.from(
    seriesEntry({ tenant: 'acme', metric: metric.metric, version: 1, setNo: 0, subject: '', dims: ['completed'] }).id,
  ).toString('hex');
  await world.sql(`INSERT INTO series VALUES ($1, 'acme', $2, 1, 0, '', $3)`, [id, metric.metric, ['completed']]);
  for (let day = 0; day < 41; day += 1) {
    const state = createState(metric.measures);
    for (const measure of state) {
      if (measure.kind === 'count') measure.n = day === 38 ? 30 : day % 2 === 0 ? 9 : 11;
      if (measure.kind === 'quantile') measure.sketch.add(50);
    }
    const bucketS = Date.UTC(2026, 9, 1 + day) / 1_000;
    await world.sql('INSERT INTO cell VALUES ($1, 2, $2, 0, $3, 1, 1, 0)', [id, bucketS, Buffer.from(encodeState(state))]);
  }
}

beforeAll(async () => {
  world = await createWorld(1);
  const compiled = compilePack({ tenant: 'acme', version: 1, metricVersions: {}, pack: PACK });
  await makeTables(world.sql, compiled);
  await putRows(world.sql, compiled, samples());
  await fillEncounters();
  await world.commit({ partition: 0, page: 'Oslo', count: 3 });
  await world.commit({ partition: 0, page: 'Bergen', count: 2 });
  await world.sql(`SELECT ensure_raw_day(current_date)`);
  await world.sql(
    `INSERT INTO raw_event SELECT 'acme', 'edit-' || n, '', 'wiki.edit', $1, '2024-10-04T00:00:00Z'::timestamptz + n * INTERVAL '1 minute',
    now(), 0, n, 1, 1, '{}' FROM generate_series(1, 5) n`,
    [person('editor')],
  );
  for (const source of [PACK, WIKI]) {
    const metrics = Object.fromEntries(Object.keys(source.metrics ?? {}).map((metric) => [metric, 1]));
    for (const tenant of TENANTS)
      await world.sendJson(world.topics.control, `pack/${tenant}/${source.pack}`, {
        version: 1,
        value: { pack: source.pack, version: 1, source, metrics },
      });
  }
  [cached, uncached] = await Promise.all([
    world.start({ ANSWER_WITHIN_MS: '30000' }),
    world.start({ ANSWER_WITHIN_MS: '30000', ENABLE_REDIS_CACHE: 'false' }),
  ]);
  for (const service of [cached, uncached])
    for (const tenant of TENANTS)
      await until(
        async () => (await world.call(service, '/v1/packs', { tenant })).text,
        (text) => text.includes('"wiki"') && text.includes('"novamind"'),
      );
}, 60_000);
afterAll(async () => world?.close());

interface Answered {
  readonly status: number;
  /** Of `X-Cache`. */
  readonly word: string | null;
  readonly body: unknown;
}

async function ask(service: RunningQuery, { path, body }: Way, more: { tenant?: Tenant; as?: object } = {}): Promise<Answered> {
  const { status, headers, text } = await world.call(service, path, { body, as: { scopes: SCOPES }, ...more });
  return { status, word: headers.get('x-cache'), body: lasting(JSON.parse(text)) };
}

/** Without what is said of now and of the request. */
function lasting(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(lasting);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).filter(([name]) => !['meta', 'request_id', 'trace_id'].includes(name));
  return Object.fromEntries(members.map(([name, member]) => [name, lasting(member)]));
}

test('every view of the pack that has a route is here', () => {
  const routes = [...VIEWS.values()].flatMap(({ route }) => (route === null ? [] : [`${route.method} ${route.path}`]));
  expect(Object.keys(ROUTES).toSorted()).toEqual(routes.toSorted());
});

const ALL = Object.entries({ ...ROUTES, ...GENERIC });

describe.each(ALL)('%s', (_, route) => {
  const { elsewhere = route, toOthers = route.empty, isKept = true } = route;

  test('answers what comes out by hand, and the same out of the cache', async () => {
    const { status, word, body } = await ask(uncached, route);
    expect([status, body]).toMatchObject([200, route.expected]);
    expect(word).not.toBe('HIT');
    const kept = isKept
      ? await until(
          async () => ask(cached, route),
          (answer) => answer.word === 'HIT',
        )
      : await ask(cached, route);
    expect(kept).toEqual({ status: 200, word: isKept ? 'HIT' : 'BYPASS', body });
  });

  test('answers where there is nothing, kept as not', async () => {
    const { status, body } = await ask(uncached, elsewhere);
    expect([status, body]).toMatchObject([200, route.empty]);
    for (let turn = 0; turn < 2; turn += 1) expect((await ask(cached, elsewhere)).body).toEqual(body);
  });

  test('shows nothing of it to another tenant, who asks the same of the same cache', async () => {
    const { body } = await ask(cached, route);
    expect(body).toMatchObject(route.expected);
    for (const service of [uncached, cached, cached]) {
      const others = await ask(service, route, { tenant: 'beta' });
      expect([others.status, others.body]).toMatchObject([200, toOthers]);
    }
  });

  test('shows nothing of it to who may not see it', async () => {
    await ask(cached, route);
    const toPerson = await ask(cached, route, { as: { subject: 'patient-9', scopes: ['query:read'] } });
    if (route.toPerson === 'nothing') expect([toPerson.status, toPerson.body]).toMatchObject([200, toOthers]);
    else
      expect(toPerson).toMatchObject({
        status: route.toPerson === 'not_stored_together' ? 422 : 403,
        word: null,
        body: { code: route.toPerson },
      });
    if (route.scope !== null) {
      const scopes = SCOPES.filter((scope) => scope !== route.scope);
      expect(await ask(cached, route, { as: { scopes } })).toMatchObject({ status: 403, word: null, body: { code: 'scope_missing' } });
    }
    const unsigned = await world.call(cached, route.path, { body: route.body, key: Buffer.alloc(32, 7) });
    expect(unsigned.status).toBe(401);
  });

  test.each(route.wrong)('refuses %s, and names the place', async (__, way, at) => {
    for (const service of [uncached, cached]) {
      const { status, word, body } = await ask(service, way);
      expect([status, word, body]).toMatchObject([422, null, { errors: [{ path: at }] }]);
    }
  });
});

test('while the cache is away, all of them answer what they answer without one', async () => {
  await world.proxy.cut();
  for (const [name, route] of ALL) {
    const { status, word, body } = await ask(cached, route);
    expect([name, status, body]).toEqual([name, 200, (await ask(uncached, route)).body]);
    expect([name, word]).toEqual([name, 'BYPASS']);
  }
});
