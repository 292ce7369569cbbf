import { readFileSync } from 'node:fs';
import type { QuestionInput } from '@tidegate/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openOracle, sqlText, type Oracle } from '../oracle/oracle.ts';
import { dataFile } from '../oracle/tables.ts';
import { comparable } from './comparable.ts';
import { packFile, runPack } from './pack-in-process.ts';

// Synthea's patients (synthetic people) through the pack, against DuckDB over the same files.
const FILES = ['patients', 'encounters', 'conditions', 'careplans', 'medications', 'observations', 'procedures'] as const;
/** DuckDB reads the files once, on a machine that is busy with other tests. */
const LOADED_WITHIN_MS = 60_000;
const ALL_TIME = { from: '1900-01-01', to: '2030-01-01' } as const;
const synthea = (table: string): string => dataFile(`synthea27/clinical/${table}.csv.gz`);

const pack = runPack('novamind');
let oracle: Oracle;

beforeAll(async () => {
  oracle = await openOracle();
  for (const table of FILES) {
    await oracle.run(`CREATE TABLE ${table} AS FROM read_csv(${sqlText(synthea(table))}, header = true, all_varchar = true)`);
  }
}, LOADED_WITHIN_MS);
afterAll(() => oracle?.close());

async function expectRows(question: QuestionInput, sql: string): Promise<void> {
  const expected = await oracle.rows(sql);
  expect(expected.length).toBeGreaterThan(0);
  expect(comparable(pack.ask({ ...ALL_TIME, ...question }))).toEqual(comparable(expected));
}

/** How many rows a mapping makes events of; none is refused. */
test.each([
  ['mapping.yaml', 'encounters', 'SELECT count(*)::INT FROM encounters'],
  ['mapping-patients.yaml', 'patients', 'SELECT count(*)::INT FROM patients'],
  ['mapping-diagnoses.yaml', 'conditions', 'SELECT count(*)::INT FROM conditions'],
  ['mapping-treatments.yaml', 'careplans', 'SELECT count(*)::INT FROM careplans'],
  ['mapping-treatment-ends.yaml', 'careplans', 'SELECT count(STOP)::INT FROM careplans'],
  ['mapping-medication.yaml', 'medications', 'SELECT count(*)::INT FROM medications'],
  ['mapping-medication-stops.yaml', 'medications', 'SELECT count(STOP)::INT FROM medications'],
  [
    'mapping-outcomes.yaml',
    'observations',
    "SELECT count(*)::INT FROM observations WHERE DESCRIPTION SIMILAR TO '.*(PHQ-2|GAD-7|item .PHQ-9).*'",
  ],
  ['mapping-procedures.yaml', 'procedures', 'SELECT count(*)::INT FROM procedures'],
])('%s takes the rows of %s that it is about', async (mapping, table, rows) => {
  const [[expected] = []] = await oracle.rows(rows);
  expect(await pack.sendFile(mapping, synthea(table))).toEqual({ accepted: expected, faults: [] });
});

describe('clinical.encounters', () => {
  const metric = 'clinical.encounters';
  const FIGURES = `count(*)::INT, count(DISTINCT PATIENT)::INT, sum(TOTAL_CLAIM_COST::DECIMAL(18, 2))::VARCHAR`;
  const CLASS = "CASE ENCOUNTERCLASS WHEN 'outpatient' THEN 'ambulatory' ELSE ENCOUNTERCLASS END";

  test('each practice, and each class of visit in it, has its encounters, patients and cost', async () => {
    const measures = ['encounters', 'patients', 'cost'];
    await expectRows(
      { metric, kind: 'table', group_by: ['practice_id'], measures },
      `SELECT ORGANIZATION, ${FIGURES} FROM encounters GROUP BY 1`,
    );
    await expectRows(
      { metric, kind: 'table', group_by: ['practice_id', 'encounter_class'], measures },
      `SELECT ORGANIZATION, ${CLASS}, ${FIGURES} FROM encounters GROUP BY 1, 2`,
    );
  });

  test('each provider has the encounters and patients that it has seen', async () => {
    await expectRows(
      {
        metric,
        kind: 'table',
        group_by: ['practice_id', 'provider_id'],
        measures: ['encounters', 'patients'],
        where: { status: { eq: 'completed' } },
      },
      'SELECT ORGANIZATION, PROVIDER, count(*)::INT, count(DISTINCT PATIENT)::INT FROM encounters GROUP BY 1, 2',
    );
  });

  test.each(['UTC', 'America/St_Johns'])('the months of %s have their encounters', async (zone) => {
    await expectRows(
      { metric, kind: 'series', grain: 'month', zone, measures: ['encounters', 'cost'] },
      `SELECT strftime(date_trunc('month', timezone('${zone}', START::TIMESTAMPTZ)), '%Y-%m-%d %H:%M'), count(*)::INT,
         sum(TOTAL_CLAIM_COST::DECIMAL(18, 2))::VARCHAR FROM encounters GROUP BY 1`,
    );
  });

  test('visits last as long as they do', async () => {
    const [[mean, p50] = []] = pack.ask({ ...ALL_TIME, metric, kind: 'summary', measures: ['duration', 'minutes.p50'] });
    const minutes = 'epoch(STOP::TIMESTAMPTZ - START::TIMESTAMPTZ) / 60';
    const [[exact, median] = []] = await oracle.rows(`SELECT avg(round(${minutes}, 3)), quantile_disc(${minutes}, 0.5) FROM encounters`);
    expect(Number(mean)).toBeCloseTo(Number(exact), 9);
    expect(Math.abs(Number(p50) / Number(median) - 1)).toBeLessThanOrEqual(0.01);
  });

  test('one patient has the visits of that patient', async () => {
    const [[subject] = []] = await oracle.rows('SELECT PATIENT FROM encounters GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1');
    await expectRows(
      { metric, kind: 'table', group_by: ['encounter_class'], measures: ['encounters'], subject: String(subject) },
      `SELECT ${CLASS}, count(*)::INT FROM encounters WHERE PATIENT = '${subject}' GROUP BY 1`,
    );
  });
});

test('clinical.diagnoses: each code has its diagnoses and patients', async () => {
  await expectRows(
    { metric: 'clinical.diagnoses', kind: 'table', group_by: ['diagnosis_code'], measures: ['diagnoses', 'patients'] },
    'SELECT CODE, count(*)::INT, count(DISTINCT PATIENT)::INT FROM conditions GROUP BY 1',
  );
});

test('clinical.treatments and clinical.treatment_ends: care plans begun by code, and carried out', async () => {
  await expectRows(
    { metric: 'clinical.treatments', kind: 'table', group_by: ['treatment_type', 'treatment_code'], measures: ['treatments', 'patients'] },
    "SELECT 'careplan', CODE, count(*)::INT, count(DISTINCT PATIENT)::INT FROM careplans GROUP BY CODE",
  );
  await expectRows(
    { metric: 'clinical.treatment_ends', kind: 'table', group_by: ['outcome'], measures: ['treatments', 'patients'] },
    "SELECT 'completed', count(*)::INT, count(DISTINCT PATIENT)::INT FROM careplans WHERE STOP IS NOT NULL",
  );
});

test('clinical.medication and clinical.medication_stops: courses by medication and year, and those that ended', async () => {
  const metric = 'clinical.medication';
  await expectRows(
    { metric, kind: 'series', grain: 'year', group_by: ['medication_code'], measures: ['courses', 'patients'] },
    `SELECT strftime(date_trunc('year', timezone('UTC', START::TIMESTAMPTZ)), '%Y-%m-%d %H:%M'), CODE, count(*)::INT, count(DISTINCT PATIENT)::INT
     FROM medications GROUP BY 1, 2`,
  );
  const top = await oracle.rows('SELECT CODE, count(*)::INT FROM medications GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 10');
  expect(pack.ask({ ...ALL_TIME, metric, kind: 'summary', measures: ['medications'] })).toEqual([
    [top.map(([value, count]) => ({ value, count, error: 0 }))],
  ]);
  await expectRows(
    { metric: 'clinical.medication_stops', kind: 'table', group_by: ['reason'], measures: ['courses'] },
    "SELECT 'other', count(STOP)::INT FROM medications",
  );
});

test('clinical.outcomes: scores of each instrument with mean, spread and extremes', async () => {
  await expectRows(
    { metric: 'clinical.outcomes', kind: 'table', group_by: ['instrument'], measures: ['scores', 'patients', 'least', 'greatest'] },
    `SELECT CASE CODE WHEN '44261-6' THEN 'phq9' WHEN '70274-6' THEN 'gad7' ELSE 'phq2' END, count(*)::INT, count(DISTINCT PATIENT)::INT,
       min(VALUE::DOUBLE), max(VALUE::DOUBLE) FROM observations WHERE CODE IN ('44261-6', '70274-6', '55758-7') GROUP BY 1`,
  );
  const [[mean, stddev] = []] = pack.ask({
    ...{ ...ALL_TIME, metric: 'clinical.outcomes', kind: 'summary', measures: ['mean', 'spread.stddev'] },
    where: { instrument: { eq: 'gad7' } },
  });
  const [[exact, sample] = []] = await oracle.rows(
    "SELECT avg(VALUE::DOUBLE), stddev_samp(VALUE::DOUBLE) FROM observations WHERE CODE = '70274-6'",
  );
  expect([Number(mean), Number(stddev)]).toEqual([expect.closeTo(Number(exact), 9), expect.closeTo(Number(sample), 9)]);
});

test('clinical.services: procedures by code', async () => {
  await expectRows(
    { metric: 'clinical.services', kind: 'table', group_by: ['activity_code'], measures: ['services', 'quantity', 'patients'] },
    'SELECT CODE, count(*)::INT, count(*)::INT, count(DISTINCT PATIENT)::INT FROM procedures GROUP BY 1',
  );
});

test('clinical.patients: the register by sex and age on the day of the export', async () => {
  const age = "date_part('year', age(DATE '2024-02-03', BIRTHDATE::DATE))";
  await expectRows(
    { metric: 'clinical.patients', kind: 'table', group_by: ['sex', 'age_band'], measures: ['patients'] },
    `SELECT CASE GENDER WHEN 'F' THEN 'female' ELSE 'male' END,
       CASE WHEN ${age} < 18 THEN '<18' WHEN ${age} < 35 THEN '18-34' WHEN ${age} < 50 THEN '35-49' WHEN ${age} < 65 THEN '50-64'
         WHEN ${age} < 80 THEN '65-79' ELSE '80+' END, count(*)::INT FROM patients GROUP BY 1, 2`,
  );
});

describe('the view practice_metrics', () => {
  // 2014 through 2018: five years, in which the practices of the set had most of their visits.
  const window = { start: '2014-01-01', end: '2018-12-31' };
  const inWindow = "START::TIMESTAMPTZ >= '2014-01-01 00:00:00+00' AND START::TIMESTAMPTZ < '2019-01-01 00:00:00+00'";

  test('every practice has the figures of its encounters and patients, and its new ones', async () => {
    const practices = await oracle.rows(`WITH firsts AS (
        SELECT ORGANIZATION, PATIENT, min(START::TIMESTAMPTZ) AS START FROM encounters GROUP BY 1, 2),
      fresh AS (SELECT ORGANIZATION, count(*)::INT AS patients FROM firsts WHERE ${inWindow} GROUP BY 1)
      SELECT ORGANIZATION, count(*)::INT, count(DISTINCT PATIENT)::INT, any_value(coalesce(fresh.patients, 0)),
        round(count(*) / count(DISTINCT PATIENT), 2)::DOUBLE, round(avg(epoch(STOP::TIMESTAMPTZ - START::TIMESTAMPTZ) / 60), 2)::DOUBLE,
        sum(TOTAL_CLAIM_COST::DECIMAL(18, 2))::DOUBLE
      FROM encounters LEFT JOIN fresh USING (ORGANIZATION) WHERE ${inWindow} GROUP BY 1`);
    expect(practices.length).toBeGreaterThan(20);
    for (const [practice, all, patients, fresh, perPatient, minutes, cost] of practices) {
      expect(await pack.view('practice_metrics', { practice_id: String(practice), ...window })).toMatchObject({
        ...{ practice_id: practice, period: window },
        totals: {
          ...{ active_patients: patients, new_patients: fresh, encounters: all, completed: all, cancelled: 0, no_show: 0 },
          ...{ completion_rate: 100, no_show_rate: 0, cancellation_rate: 0 },
          ...{ encounters_per_patient: perPatient, avg_duration_min: minutes, total_cost: cost },
        },
      });
    }
  });

  test('a practice is split by class, provider and month on the clock of a zone', async () => {
    const [[practice] = []] = await oracle.rows(
      `SELECT ORGANIZATION FROM encounters WHERE ${inWindow} GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1`,
    );
    const of = `FROM encounters WHERE ORGANIZATION = '${practice}' AND START::TIMESTAMPTZ >= timezone('America/St_Johns', TIMESTAMP '2014-01-01')
      AND START::TIMESTAMPTZ < timezone('America/St_Johns', TIMESTAMP '2019-01-01') GROUP BY 1`;
    const asked = { practice_id: String(practice), ...window, interval: 'month', tz: 'America/St_Johns' };
    const {
      by_class: classes,
      by_provider: providers,
      series,
    } = (await pack.view('practice_metrics', asked)) as Record<string, Record<string, unknown>[]>;
    const rowsOf = (rows: readonly Record<string, unknown>[] = []) => comparable(rows.map((row) => Object.values(row)));
    expect(rowsOf(classes)).toEqual(
      comparable(
        await oracle.rows(`SELECT CASE ENCOUNTERCLASS WHEN 'outpatient' THEN 'ambulatory' ELSE ENCOUNTERCLASS END, count(*)::INT ${of}`),
      ),
    );
    expect(rowsOf(providers)).toEqual(comparable(await oracle.rows(`SELECT PROVIDER, count(*)::INT, count(DISTINCT PATIENT)::INT ${of}`)));
    expect(rowsOf(series)).toEqual(
      comparable(
        await oracle.rows(`SELECT strftime(date_trunc('month', timezone('America/St_Johns', START::TIMESTAMPTZ)), '%Y-%m-%d %H:%M'),
          count(*)::INT, count(DISTINCT PATIENT)::INT, 0 ${of}`),
      ),
    );
  });

  test('a period that is reversed, longer than five years or of an unknown interval is refused before any work', async () => {
    const asked = async (params: Record<string, string>) => pack.view('practice_metrics', { practice_id: 'x', ...params });
    await expect(asked({ start: '2018-01-02', end: '2018-01-01' })).rejects.toThrow('end');
    await expect(asked({ start: '2014-01-01', end: '2019-01-01' })).rejects.toThrow('1826');
    await expect(asked({ interval: 'hour' })).rejects.toThrow('interval');
  });
});

test('synthetic: a day with three times the encounters stands out from the 28 before it, and nothing else does (D-N7)', async () => {
  const busy = runPack('novamind');
  // Nine and eleven in turn, and thirty on the 8th of November.
  const DAYS = Array.from({ length: 41 }, (_, day) => (day === 38 ? 30 : day % 2 === 0 ? 9 : 11));
  const events = DAYS.flatMap((count, day) =>
    Array.from({ length: count }, (_, at) => {
      const occurred_at = new Date(Date.UTC(2026, 9, 1 + day, 8, at)).toISOString();
      const who = { encounter_id: `v-${day}-${at}`, practice_id: 'north', provider_id: 'dr-1' };
      const data = { ...who, encounter_class: 'ambulatory', status: 'completed' };
      return JSON.stringify({ id: `e-${day}-${at}`, type: 'clinical.encounter.completed', subject: `p-${at}`, occurred_at, data });
    }),
  );
  expect(busy.send(events)).toEqual(events.map(() => null));
  // Days before the first encounter count as days of none, so the first 28 are left out.
  const asked = { start: '2026-10-29', end: '2026-11-10' };
  // Of 14 nines and 14 elevens the median is 10, and all lie 1 from it: 0.6745 · (30 - 10) / 1.
  const found = { metric: 'encounters', day: '2026-11-08', value: 30, expected: 10, z: 13.49, severity: 'high', direction: 'above' };
  expect(await busy.view('anomalies', asked)).toEqual({ period: asked, items: [found] });
  // Nobody missed one.
  expect(await busy.view('anomalies', { ...asked, metric: 'no_shows' })).toMatchObject({ items: [] });
  // Together with what else stands out; all encounters are of completed ones without a cost.
  expect(await busy.view('anomalies_of_all', { start: '2026-10-29', end: '2026-11-10' })).toMatchObject({ items: [found] });
});

describe('the view diagnosis_distribution', () => {
  const active = "START::DATE < DATE '2021-01-01' AND (STOP IS NULL OR STOP::DATE >= DATE '2020-01-01')";
  const asked = { start: '2020-01-01', end: '2020-12-31' };

  test('each code has the patients who had it in the window, and what is beyond the limit is told together', async () => {
    const found = (await pack.view('diagnosis_distribution', { ...asked, limit: '10' })) as Record<string, unknown>;
    const [[everybody] = []] = await oracle.rows(`SELECT count(DISTINCT PATIENT)::INT FROM conditions WHERE ${active}`);
    const ranked = `SELECT row_number() OVER (ORDER BY count(DISTINCT PATIENT) DESC, CODE) AS rank, CODE, count(DISTINCT PATIENT) AS patients,
      any_value(DESCRIPTION) AS name FROM conditions WHERE ${active} GROUP BY CODE`;
    const top = await oracle.rows(
      `SELECT rank::INT, CODE, name, patients::INT, round(100 * patients / ${everybody}, 2) FROM (${ranked}) WHERE rank <= 10 ORDER BY 1`,
    );
    const items = top.map(([rank, code, name, patients, share]) => ({
      rank,
      diagnosis_code: code,
      diagnosis_name: name,
      patients,
      share_pct: share,
    }));
    const [[codes, patients] = []] = await oracle.rows(`SELECT count(DISTINCT CODE)::INT, count(DISTINCT PATIENT)::INT FROM conditions
      WHERE ${active} AND CODE IN (SELECT CODE FROM (${ranked}) WHERE rank > 10)`);
    expect(found).toEqual({ period: asked, patients_with_diagnosis: everybody, items, other: { patients, codes } });
  });

  test('each code is split by sex', async () => {
    const { items } = (await pack.view('diagnosis_distribution', { ...asked, group_by: 'sex', limit: '100' })) as {
      items: { diagnosis_code: string; groups: { key: string; patients: number }[] }[];
    };
    const found = items.flatMap(({ diagnosis_code: code, groups }) => groups.map(({ key, patients }) => [code, key, patients]));
    const expected = await oracle.rows(`SELECT CODE, CASE GENDER WHEN 'F' THEN 'female' ELSE 'male' END, count(DISTINCT PATIENT)::INT
      FROM conditions JOIN patients ON PATIENT = Id WHERE ${active.replaceAll('START', 'conditions.START').replaceAll('STOP', 'conditions.STOP')} GROUP BY 1, 2`);
    expect(comparable(found)).toEqual(comparable(expected));
  });

  test('each code is split by the age at the end of the window, birthdays counted', async () => {
    const { items } = (await pack.view('diagnosis_distribution', {
      ...{ start: '2020-01-01', end: '2020-06-30', group_by: 'age_band', limit: '100' },
    })) as { items: { diagnosis_code: string; groups: { key: string; patients: number }[] }[] };
    const found = items.flatMap(({ diagnosis_code: code, groups }) => groups.map(({ key, patients }) => [code, key, patients]));
    const inWindow = (of: string) => `${of}START::DATE < DATE '2020-07-01' AND (${of}STOP IS NULL OR ${of}STOP::DATE >= DATE '2020-01-01')`;
    const splitBy = async (age: string) =>
      comparable(
        await oracle.rows(`WITH top AS (SELECT CODE FROM conditions WHERE ${inWindow('')} GROUP BY 1 ORDER BY count(DISTINCT PATIENT) DESC, 1 LIMIT 100)
          SELECT CODE, CASE WHEN ${age} < 18 THEN '0-17' WHEN ${age} < 35 THEN '18-34' WHEN ${age} < 50 THEN '35-49'
            WHEN ${age} < 65 THEN '50-64' WHEN ${age} < 80 THEN '65-79' ELSE '80+' END, count(DISTINCT PATIENT)::INT
          FROM conditions JOIN patients ON PATIENT = Id WHERE ${inWindow('conditions.')} AND CODE IN (FROM top) GROUP BY 1, 2`),
      );
    expect(comparable(found)).toEqual(await splitBy("date_part('year', age(DATE '2020-07-01', BIRTHDATE::DATE))"));
    // Some have their birthday in the other half of the year.
    expect(comparable(found)).not.toEqual(await splitBy('2020 - year(BIRTHDATE::DATE)'));
  });
});

test('the view medication_effectiveness: each medication has its courses, patients and how long they took', async () => {
  // Until the last day of the set, and of those that were not stopped until then.
  const codes = await oracle.rows(`SELECT CODE, count(*)::INT, count(DISTINCT PATIENT)::INT,
    round(avg(epoch(least(coalesce(STOP::TIMESTAMPTZ, TIMESTAMPTZ '2024-02-03 00:00:00+00'), TIMESTAMPTZ '2024-02-03 00:00:00+00') - START::TIMESTAMPTZ) / 86400), 2)
    FROM medications WHERE START::TIMESTAMPTZ >= '2020-01-01 00:00:00+00' AND START::TIMESTAMPTZ < '2024-02-03 00:00:00+00' GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 5`);
  for (const [code, courses, patients, days] of codes) {
    const asked = { medication_code: String(code), start: '2020-01-01', end: '2024-02-02' };
    expect(await pack.view('medication_effectiveness', asked)).toMatchObject({
      courses,
      patients,
      avg_course_days: days,
      discontinuation_rate: 0,
    });
  }
});

describe('what no public set holds, by the synthetic samples', () => {
  const samples = runPack('novamind');
  const ask = (question: QuestionInput) => samples.ask({ ...ALL_TIME, ...question });
  beforeAll(() => {
    for (const file of ['practice', 'treatment']) {
      const lines = readFileSync(packFile('novamind', `samples/${file}.ndjson`), 'utf8')
        .trim()
        .split('\n');
      expect(samples.send(lines)).toEqual(lines.map(() => null));
    }
  });

  test('synthetic: missed and cancelled encounters are told from those that took place', () => {
    // Four encounters: two took place, for 50 and 25.5 minutes at 120.00 and 80.50; one was missed, one cancelled.
    const rows = ask({ metric: 'clinical.encounters', kind: 'table', group_by: ['status'], measures: ['encounters', 'duration', 'cost'] });
    expect(comparable(rows)).toEqual(
      comparable([
        ['cancelled', 1, null, 0],
        ['completed', 2, 37.75, 200.5],
        ['no_show', 1, null, 0],
      ]),
    );
  });

  test('synthetic: a practice is told what was missed', async () => {
    // Of three encounters of the practice two took place, of two patients; one was missed.
    expect(await samples.view('practice_metrics', { practice_id: 'north', start: '2026-11-01', end: '2026-11-30' })).toMatchObject({
      totals: {
        ...{ active_patients: 2, new_patients: 2, encounters: 3, completed: 2, cancelled: 0, no_show: 1 },
        ...{ completion_rate: 66.67, no_show_rate: 33.33, encounters_per_patient: 1, avg_duration_min: 37.75, total_cost: 200.5 },
      },
    });
    // Nobody was seen in December, so there is no rate, and the patients of November are not new.
    expect(await samples.view('practice_metrics', { practice_id: 'north', start: '2026-12-01', end: '2026-12-31' })).toMatchObject({
      totals: { active_patients: 0, new_patients: 0, encounters: 0, completion_rate: null, avg_duration_min: null, total_cost: 0 },
      ...{ by_class: [], by_provider: [], series: [] },
    });
  });

  test('synthetic: what was taken back is subtracted, and counted as a correction', () => {
    expect(ask({ metric: 'clinical.services', kind: 'summary', measures: ['services', 'quantity'] })).toEqual([[2, 1]]);
    expect(ask({ metric: 'clinical.corrections', kind: 'table', group_by: ['department'] })).toEqual([['Psychiatry', 1, -1]]);
  });

  test('synthetic: adverse events by severity, reasons to stop, treatments that were broken off', () => {
    expect(
      ask({ metric: 'clinical.adverse_events', kind: 'table', group_by: ['medication_code', 'severity'], measures: ['events'] }),
    ).toEqual([['36437', 'moderate', 1]]);
    expect(ask({ metric: 'clinical.medication_stops', kind: 'table', group_by: ['reason'], measures: ['courses'] })).toEqual([
      ['side_effect', 1],
    ]);
    expect(ask({ metric: 'clinical.treatment_ends', kind: 'table', group_by: ['outcome'], measures: ['treatments'] })).toEqual([
      ['discontinued', 1],
    ]);
  });

  test('synthetic: a patient is seen to get better from the first score to the latest', () => {
    const where = { instrument: { eq: 'phq9' } };
    const asked: QuestionInput = { metric: 'clinical.outcomes', kind: 'summary', measures: ['first', 'latest'], where };
    expect(ask({ ...asked, subject: 'patient-1' })).toEqual([[18, 7]]);
    expect(ask({ ...asked, subject: 'patient-2' })).toEqual([[14, 16]]);
  });
});

const score = (instrument: string, value: string): string =>
  `{"id":"m","type":"clinical.outcome.measured","subject":"p","occurred_at":"2026-11-01T00:00:00Z","data":{"measurement_id":"m","instrument":"${instrument}","score":${value}}}`;

const judged = runPack('novamind');

// The ranges that the instruments have.
test.each([
  ['phq9', 27],
  ['gad7', 21],
  ['who5', 100],
  ['phq2', 6],
])('a score of %s lies between 0 and %i, or is refused', (instrument, most) => {
  expect(judged.send([score(instrument, '0'), score(instrument, `${most}`)])).toEqual([null, null]);
  for (const beyond of ['-1', `${most}.001`]) {
    expect(judged.send([score(instrument, beyond)])).toMatchObject([{ code: 'field_out_of_range', path: 'data.score' }]);
  }
});
