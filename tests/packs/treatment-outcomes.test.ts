import { describe, expect, test } from 'vitest';
import { runPack } from './pack-in-process.ts';

// No public set has treatments with scores before and after them, so these are made up, and what they come to is worked out by hand.

describe('synthetic: how treatments turn out', () => {
  let eventNo = 0;
  const event = (type: string, patient: string, at: string, data: object): string =>
    JSON.stringify({ id: `e-${(eventNo += 1)}`, type: `clinical.${type}`, subject: patient, occurred_at: `${at}T10:00:00Z`, data });
  const scored = (patient: string, at: string, value: number, instrument = 'phq9'): string =>
    event('outcome.measured', patient, at, { measurement_id: `m-${eventNo}`, instrument, score: value });
  const begun = (patient: string, treatment: string, code = 'CBT'): string =>
    event('treatment.started', patient, '2026-03-01', { treatment_id: treatment, treatment_type: 'psychotherapy', treatment_code: code });
  const year = { start: '2026-01-01', end: '2026-11-20' };
  /** Patients with the diagnosis, each from 20 to one of the scores. */
  const arm = (code: string, latest: readonly number[]) =>
    latest.flatMap((value, at) => {
      const patient = `${code}-${at}`;
      const diagnosed = event('diagnosis.recorded', patient, '2026-01-10', {
        diagnosis_id: patient,
        diagnosis_code: 'F33',
        code_system: 'icd10',
      });
      return [diagnosed, begun(patient, `t-${patient}`, code), scored(patient, '2026-02-20', 20), scored(patient, '2026-05-01', value)];
    });

  // Score before the start, later score, and what D-N1 makes of them: improvement is 100 · gain / room, room to the best score.
  test.each([
    // 18 → 7: gain 11 of 18 = 61.11 %.
    ['response', 'phq9', 18, 7, -11, 61.11],
    // 12 → 4: gain 8 of 12 = 66.67 %, and 4 is within remission.
    ['remission', 'phq9', 12, 4, -8, 66.67],
    // 16 → 11: gain 5 of 16 = 31.25 %.
    ['partial', 'phq9', 16, 11, -5, 31.25],
    // 10 → 9: 10 %.
    ['unchanged', 'gad7', 10, 9, -1, 10],
    // 8 → 12: -4 of 8 = -50 %.
    ['worsened', 'phq9', 8, 12, 4, -50],
    // 40 → 60 where more is better: 20 of 60 = 33.33 %, and 60 is within remission.
    ['remission', 'who5', 40, 60, 20, 33.33],
    // Remission is at or below 4, and from 52 on where more is better; whoever is in it before does not come to it.
    ['remission', 'gad7', 5, 4, -1, 20],
    ['unchanged', 'gad7', 6, 5, -1, 16.67],
    ['response', 'phq9', 4, 2, -2, 50],
    ['remission', 'who5', 51, 52, 1, 2.04],
    ['unchanged', 'who5', 50, 51, 1, 2],
    ['response', 'who5', 60, 80, 20, 50],
    // A quarter of the way is partly, and a quarter back is worse.
    ['partial', 'phq9', 20, 15, -5, 25],
    ['worsened', 'phq9', 8, 10, 2, -25],
    // From the best score there is no room: nothing to divide by, and it got worse.
    ['worsened', 'phq9', 0, 3, 3, null],
    ['unchanged', 'phq9', 0, 0, 0, null],
  ])('%s on %s from %i to %i', async (category, instrument, before, later, ...[change, improvement]) => {
    const one = runPack('novamind');
    expect(
      one.send([scored('p', '2026-02-20', before, instrument), begun('p', 't'), scored('p', '2026-05-01', later, instrument)]),
    ).toEqual([null, null, null]);
    expect(await one.view('treatment_outcomes', { patient_id: 'p', ...year })).toMatchObject({
      treatments: [{ treatment_id: 't', instrument, baseline: before, latest: later, change, improvement_pct: improvement, category }],
      summary: { treatments: 1, evaluable: 1, response_rate: category === 'response' || category === 'remission' ? 100 : 0 },
    });
  });

  test('the baseline is the last score of the 30 days before, else the first of the 14 days after, and the latest lies before the end', async () => {
    const one = runPack('novamind');
    one.send([
      // 29 and 10 days before the start: the later one counts; 31 days before: too old.
      ...[scored('a', '2026-01-29', 25), scored('a', '2026-01-31', 20), scored('a', '2026-02-19', 18)],
      ...[scored('a', '2026-04-01', 9), scored('a', '2026-06-02', 2)],
      event('treatment.ended', 'a', '2026-06-01', { treatment_id: 'ta', outcome: 'completed' }),
      begun('a', 'ta'),
      // Nothing before the start: 14 days after it counts, the 15th does not.
      ...[begun('b', 'tb'), scored('b', '2026-03-15', 10), scored('b', '2026-07-01', 5)],
      ...[begun('c', 'tc'), scored('c', '2026-03-16', 10), scored('c', '2026-07-01', 5)],
      begun('d', 'td'),
    ]);
    const outcome = async (patient: string) => one.view('treatment_outcomes', { patient_id: patient, ...year });
    // 18 → 9 of 18 = 50 %; the 2 of June came after the end.
    expect(await outcome('a')).toMatchObject({
      treatments: [{ baseline: 18, latest: 9, improvement_pct: 50, category: 'response', ended_at: '2026-06-01T10:00:00.000Z' }],
    });
    expect(await outcome('b')).toMatchObject({ treatments: [{ baseline: 10, latest: 5, improvement_pct: 50 }] });
    expect(await outcome('c')).toMatchObject({
      treatments: [{ baseline: null, category: 'not_evaluable' }],
      summary: { treatments: 1, evaluable: 0, response_rate: null },
    });
    expect(await outcome('d')).toMatchObject({ treatments: [{ treatment_id: 'td', instrument: null, category: 'not_evaluable' }] });
  });

  test('of two scores at one instant the one with the greater event id counts, whatever the ids of the measurements', async () => {
    const one = runPack('novamind');
    const at = (id: string, measurement: string, day: string, score: number) => {
      const data = { measurement_id: measurement, instrument: 'phq9', score };
      return JSON.stringify({ id, type: 'clinical.outcome.measured', subject: 'p', occurred_at: `${day}T10:00:00Z`, data });
    };
    one.send([
      ...[at('k2', 'a', '2026-02-20', 20), at('k1', 'z', '2026-02-20', 9), begun('p', 't')],
      ...[at('k3', 'y', '2026-05-01', 4), at('k4', 'b', '2026-05-01', 10)],
    ]);
    // k2 says 20, k4 says 10: half of the way.
    expect(await one.view('treatment_outcomes', { patient_id: 'p', ...year })).toMatchObject({
      treatments: [{ baseline: 20, latest: 10, improvement_pct: 50, category: 'response' }],
    });
  });

  test('a medication is told by its courses: who got better, who stopped and why, who was harmed', async () => {
    const one = runPack('novamind');
    const course = (patient: string, id: string) =>
      event('medication.started', patient, '2026-03-01', { course_id: id, medication_code: 'M' });
    one.send([
      ...[course('a', 'ca'), scored('a', '2026-02-28', 20), scored('a', '2026-05-01', 4)],
      ...[course('b', 'cb'), scored('b', '2026-02-28', 20), scored('b', '2026-05-01', 15)],
      event('medication.stopped', 'b', '2026-06-01', { course_id: 'cb', reason: 'side_effect' }),
      // Before, while and after the course; it counts that one of them was while.
      ...['2026-01-20', '2026-05-20', '2026-07-20'].map((at) =>
        event('adverse.reported', 'b', at, { medication_code: 'M', severity: 'mild' }),
      ),
      ...[course('c', 'cc'), event('adverse.reported', 'c', '2026-02-01', { medication_code: 'M', severity: 'mild' })],
      event('medication.stopped', 'c', '2026-03-11', { course_id: 'cc', reason: 'completed' }),
    ]);
    // Of three courses two can be judged: 80 % and in remission, and 25 %. One was stopped for its effects; one was harmed while it
    // took it, the other before. To 21 November are 264 days 14 hours, to 1 June 92, to 11 March 10: 366.58 / 3 = 122.19.
    expect(await one.view('medication_effectiveness', { medication_code: 'M', ...year })).toEqual({
      ...{ medication_code: 'M', courses: 3, patients: 3, evaluable: 2, response_rate: 50, remission_rate: 50 },
      ...{ mean_improvement_pct: 52.5, median_improvement_pct: 52.5, discontinuation_rate: 33.33, adverse_event_rate: 33.33 },
      avg_course_days: 122.19,
    });
  });

  test('treatments are set against the first of them, with Welch’s test, Cohen’s d and Wilson’s interval', async () => {
    const one = runPack('novamind');
    one.send([...arm('CBT', [10, 8, 12, 9, 11]), ...arm('IPT', [14, 16, 12, 18, 15]), begun('nobody', 'x', 'CBT')]);
    // From 20: improvements of 50, 60, 40, 55, 45 (mean 50, s² 62.5) and 30, 20, 40, 10, 25 (mean 25, s² 125).
    // t = -25 / √(12.5 + 25) = -4.0825; df = 37.5² / (12.5²/4 + 25²/4) = 7.2; d = -25 / √93.75 = -2.5820.
    const answer = (await one.view('treatment_comparison', { treatments: 'CBT,IPT', diagnosis_code: 'F33', ...year })) as Record<
      string,
      unknown
    >;
    expect(answer).toMatchObject({
      reference: 'CBT',
      arms: [
        { treatment_code: 'CBT', n: 5, evaluable: 5, mean_improvement_pct: 50, sd: 7.91, response_rate: 60 },
        { treatment_code: 'IPT', n: 5, evaluable: 5, mean_improvement_pct: 25, sd: 11.18, response_rate: 0 },
      ],
      contrasts: [{ treatment_code: 'IPT', diff: -25, cohens_d: -2.58, t: -4.08, df: 7.2, insufficient_data: false }],
    });
    // Three of five by Wilson: (0.6 + 0.38415 ± 1.95996 · √(0.048 + 0.038415)) / 1.76829 = 23.07 % to 88.24 %.
    expect(answer).toMatchObject({ arms: [{ response_ci95: [23.07, 88.24] }, { response_ci95: [0, 43.45] }] });
  });

  test('an arm of one patient has no spread and no test, and arms that do not vary no size of their effect (D-N5)', async () => {
    const one = runPack('novamind');
    one.send([...arm('CBT', [10, 10]), ...arm('IPT', [15, 15]), ...arm('ACT', [8])]);
    const asked = { treatments: 'CBT,IPT,ACT,NONE', diagnosis_code: 'F33', ...year };
    const none = { t: null, df: null, p: null, cohens_d: null, insufficient_data: true };
    // From 20: to 10 are 50 %, to 15 are 25 %, to 8 are 60 %.
    expect(await one.view('treatment_comparison', asked)).toMatchObject({
      arms: [
        { treatment_code: 'CBT', n: 2, evaluable: 2, mean_improvement_pct: 50, sd: 0, response_rate: 100 },
        { treatment_code: 'IPT', n: 2, evaluable: 2, mean_improvement_pct: 25, sd: 0, response_rate: 0 },
        { treatment_code: 'ACT', n: 1, evaluable: 1, mean_improvement_pct: 60, sd: null, response_rate: 100 },
        { treatment_code: 'NONE', n: 0, evaluable: 0, mean_improvement_pct: null, sd: null, response_rate: null, response_ci95: null },
      ],
      contrasts: [
        { treatment_code: 'IPT', diff: -25, ...none },
        { treatment_code: 'ACT', diff: 10, ...none },
        { treatment_code: 'NONE', diff: null, ...none },
      ],
    });
  });

  test('a patient in two arms counts in both (D-N5)', async () => {
    const one = runPack('novamind');
    one.send([...arm('CBT', [10, 10]), ...arm('IPT', [15, 15]), begun('CBT-0', 'another', 'IPT')]);
    // The same scores speak for both treatments: improvements of 25, 25 and 50 in the second arm.
    expect(await one.view('treatment_comparison', { treatments: 'CBT,IPT', diagnosis_code: 'F33', ...year })).toMatchObject({
      arms: [
        { treatment_code: 'CBT', n: 2, evaluable: 2, mean_improvement_pct: 50 },
        { treatment_code: 'IPT', n: 3, evaluable: 3, mean_improvement_pct: 33.33 },
      ],
      contrasts: [{ treatment_code: 'IPT', diff: -16.67 }],
    });
  });

  test('patients are sorted by their risk, each point with its reason', async () => {
    const one = runPack('novamind');
    const visit = (patient: string, at: string, kind: string, status = 'completed') =>
      event('encounter.completed', patient, at, {
        encounter_id: `v-${eventNo}`,
        practice_id: 'north',
        provider_id: 'dr',
        encounter_class: kind,
        status,
      });
    const ill = (patient: string, codes: readonly string[]) =>
      codes.map((code) =>
        event('diagnosis.recorded', patient, '2026-01-10', {
          diagnosis_id: `${patient}-${code}`,
          diagnosis_code: code,
          code_system: 'icd10',
        }),
      );
    one.send([
      event('patient.updated', 'old', '2026-01-01', { birth_date: '1950-01-01', sex: 'female' }),
      ...ill('old', ['A', 'B', 'C', 'D', 'E']),
      ...['2026-09-01', '2026-10-01', '2026-10-20', '2026-11-01'].map((at) => visit('old', at, 'emergency')),
      ...[
        visit('old', '2026-10-05', 'ambulatory', 'no_show'),
        begun('old', 'told'),
        scored('old', '2026-02-20', 8),
        scored('old', '2026-06-01', 12),
      ],
      event('adverse.reported', 'old', '2026-10-01', { medication_code: 'M', severity: 'severe' }),
      ...ill('lost', ['A', 'B', 'C']),
      visit('lost', '2026-06-01', 'ambulatory'),
      visit('well', '2026-11-10', 'wellness'),
      // Not seen for more than two years.
      visit('gone', '2024-01-01', 'wellness'),
    ]);
    // 10 for the age, 20 for five diagnoses, 30 for four emergencies, 5 for one missed visit, 20 for a treatment after which it got
    // worse (8 → 12), 15 for the adverse event: 100. Three diagnoses and no visit for more than 90 days: 10 and 10.
    expect(await one.view('risk_stratification', { practice_id: 'north' })).toMatchObject({
      counts: { low: 2, moderate: 0, high: 0, critical: 1 },
      items: [
        { patient_ref: 'old', score: 100, tier: 'critical' },
        {
          patient_ref: 'lost',
          score: 20,
          tier: 'low',
          factors: [
            { factor: 'active_diagnoses', points: 10, value: 3 },
            { factor: 'days_since_contact', points: 10 },
          ],
        },
        { patient_ref: 'well', score: 0, tier: 'low', factors: [] },
      ],
      next_cursor: null,
    });
    const paged = await one.view('risk_stratification', { limit: '1', cursor: '1', tier: 'low' });
    expect(paged).toMatchObject({ items: [{ patient_ref: 'well' }], next_cursor: null });
    expect(await one.view('risk_stratification', { limit: '1', tier: 'low' })).toMatchObject({
      items: [{ patient_ref: 'lost' }],
      next_cursor: 1,
    });
  });
});
