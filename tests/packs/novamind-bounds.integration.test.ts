import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Logged } from './rows-of-events.ts';
import { runPackInPostgres } from './rows-in-postgres.ts';
import type { PackInPostgres } from './rows-in-postgres.ts';

// Synthetic: more rows than a page of them holds, against the same figures worked out here from the events as they were made up.

const DAY_MS = 86_400_000;
const END_MS = Date.UTC(2026, 10, 21);
const year = { start: '2025-11-21', end: '2026-11-20' };

let pack: PackInPostgres;
beforeAll(async () => {
  pack = await runPackInPostgres('novamind');
});
afterAll(async () => pack?.close());

let eventNo = 0;
function event(type: string, subject: string, atMs: number, data: Logged['data']): Logged {
  eventNo += 1;
  return { id: `e-${eventNo}`, type: `clinical.${type}`, subject, time: new Date(atMs).toISOString(), data };
}

/** The same numbers at each run. */
function drawing(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

interface Score {
  readonly atMs: number;
  readonly value: number;
}

interface Outcome {
  readonly category: string;
  readonly pct: number | null;
}

/** D-N1 of PHQ-9, as it is written: least is best, 4 and below is remission. */
function outcomeOf(scores: readonly Score[], startMs: number, untilMs: number): Outcome {
  const inOrder = scores.toSorted((a, b) => a.atMs - b.atMs);
  const baseline =
    inOrder.findLast(({ atMs }) => atMs <= startMs && atMs >= startMs - 30 * DAY_MS) ??
    inOrder.find(({ atMs }) => atMs > startMs && atMs <= startMs + 14 * DAY_MS);
  const latest = baseline && inOrder.findLast(({ atMs }) => atMs > baseline.atMs && atMs <= untilMs && atMs < END_MS);
  if (baseline === undefined || latest === undefined) return { category: 'not_evaluable', pct: null };
  const pct = baseline.value === 0 ? null : (100 * (baseline.value - latest.value)) / baseline.value;
  return { category: categoryOf(baseline.value, latest.value, pct), pct };
}

function categoryOf(before: number, after: number, pct: number | null): string {
  if (after <= 4 && before > 4) return 'remission';
  if (pct === null) return after === 0 ? 'unchanged' : 'worsened';
  if (pct >= 50) return 'response';
  if (pct >= 25) return 'partial';
  return pct <= -25 ? 'worsened' : 'unchanged';
}

const round = (value: number | null): number | null => (value === null ? null : Math.round(value * 100) / 100);
const mean = (values: readonly number[]): number => values.reduce((all, one) => all + one, 0) / values.length;
const rate = (part: number, all: number): unknown => expect.closeTo((100 * part) / all, 1);

function scored(subject: string, { atMs, value }: Score): Logged {
  return event('outcome.measured', subject, atMs, { measurement_id: `m-${eventNo}`, instrument: 'phq9', score: value });
}

test('a patient with 1,050 treatments and 5,050 scores has the outcome of each', async () => {
  const draw = drawing(1);
  const first = END_MS - 360 * DAY_MS;
  const scores = Array.from({ length: 5_050 }, (_, at) => ({ atMs: first + at * 6_000_000, value: draw(28) }));
  const treatments = Array.from({ length: 1_050 }, (_, at) => {
    const startMs = first + draw(355) * DAY_MS + at;
    return { id: `t-${String(at).padStart(4, '0')}`, startMs, endMs: at % 3 === 0 ? startMs + (1 + draw(40)) * DAY_MS : null };
  });
  const begun = { treatment_type: 'psychotherapy', treatment_code: 'CBT' };
  await pack.put([
    ...scores.map((score) => scored('p', score)),
    ...treatments.map(({ id, startMs }) => event('treatment.started', 'p', startMs, { treatment_id: id, ...begun })),
    ...treatments.flatMap(({ id, endMs }) =>
      endMs === null || endMs >= END_MS ? [] : [event('treatment.ended', 'p', endMs, { treatment_id: id, outcome: 'completed' })],
    ),
  ]);
  const answer = (await pack.view('treatment_outcomes', { patient_id: 'p', ...year })) as unknown as {
    treatments: readonly { treatment_id: string; category: string; improvement_pct: number | null }[];
    summary: Readonly<Record<string, number>>;
  };
  const expected = treatments.map(({ id, startMs, endMs }) => [id, outcomeOf(scores, startMs, endMs ?? END_MS)] as const);
  const found = answer.treatments.map((one) => [one.treatment_id, { category: one.category, pct: one.improvement_pct }] as const);
  const byId = (a: readonly [string, unknown], b: readonly [string, unknown]): number => (a[0] < b[0] ? -1 : 1);
  expect(found.toSorted(byId)).toEqual(
    expected.map(([id, { category, pct }]) => [id, { category, pct: pct === null ? null : expect.closeTo(pct, 1) }]),
  );
  const evaluable = expected.filter(([, { category }]) => category !== 'not_evaluable').length;
  expect(evaluable).toBeGreaterThan(900);
  expect(answer.summary).toMatchObject({ treatments: 1_050, evaluable });
});

/** Patients, each with a start and scores around it. */
function cohort(count: number, draw: (below: number) => number) {
  return Array.from({ length: count }, (_, at) => {
    const startMs = END_MS - (40 + draw(300)) * DAY_MS;
    const scores = Array.from({ length: 10 }, (_none, no) => ({
      atMs: startMs + (no * 12 - 25) * DAY_MS + 1_000 + draw(1_000),
      value: draw(28),
    }));
    // What lies ahead was not measured yet.
    const measured = scores.filter(({ atMs }) => atMs < END_MS);
    return { who: `p-${at}`, startMs, endMs: draw(2) === 0 ? startMs + (2 + draw(38)) * DAY_MS : null, scores: measured, at };
  });
}

test('a medication of 1,100 courses has the figures of all of them', async () => {
  const draw = drawing(2);
  const people = cohort(1_100, draw).map((one) => ({ ...one, harmMs: draw(5) === 0 ? one.startMs + draw(39) * DAY_MS : null }));
  const reasonOf = (at: number): string => ['completed', 'side_effect', 'ineffective', 'patient_choice', 'other'][at % 5] ?? '';
  await pack.put(
    people.flatMap(({ who, startMs, endMs, scores, at, harmMs }) => [
      ...scores.map((score) => scored(who, score)),
      event('medication.started', who, startMs, { course_id: who, medication_code: 'M' }),
      ...(endMs === null ? [] : [event('medication.stopped', who, endMs, { course_id: who, reason: reasonOf(at) })]),
      ...(harmMs === null ? [] : [event('adverse.reported', who, harmMs, { medication_code: 'M', severity: 'mild' })]),
    ]),
  );
  const outcomes = people.map(({ scores, startMs, endMs }) => outcomeOf(scores, startMs, endMs ?? END_MS));
  const evaluable = outcomes.filter(({ category }) => category !== 'not_evaluable');
  const pcts = evaluable.flatMap(({ pct }) => pct ?? []).toSorted((a, b) => a - b);
  const broken = people.filter(({ endMs, at }) => endMs !== null && [1, 2, 3].includes(at % 5)).length;
  const harmed = people.filter(({ harmMs, endMs }) => harmMs !== null && harmMs <= (endMs ?? END_MS)).length;
  const middle = ((pcts[Math.floor((pcts.length - 1) / 2)] ?? 0) + (pcts[Math.ceil((pcts.length - 1) / 2)] ?? 0)) / 2;
  expect(await pack.view('medication_effectiveness', { medication_code: 'M', ...year })).toEqual({
    ...{ medication_code: 'M', courses: 1_100, patients: 1_100, evaluable: evaluable.length },
    response_rate: rate(evaluable.filter(({ category }) => ['response', 'remission'].includes(category)).length, evaluable.length),
    remission_rate: rate(evaluable.filter(({ category }) => category === 'remission').length, evaluable.length),
    ...{ mean_improvement_pct: expect.closeTo(mean(pcts), 1), median_improvement_pct: expect.closeTo(middle, 1) },
    ...{ discontinuation_rate: rate(broken, 1_100), adverse_event_rate: rate(harmed, 1_100) },
    avg_course_days: expect.closeTo(mean(people.map(({ startMs, endMs }) => ((endMs ?? END_MS) - startMs) / DAY_MS)), 1),
  });
});

test('treatments of 1,200 patients with the diagnosis are compared, and those of others are not', async () => {
  const draw = drawing(3);
  const people = cohort(1_500, draw).map((one) => ({ ...one, code: one.at % 2 === 0 ? 'CBT' : 'IPT', isIll: one.at % 5 !== 0 }));
  await pack.put(
    people.flatMap(({ who, startMs, scores, code, isIll }) => [
      event('diagnosis.recorded', who, startMs, { diagnosis_id: who, diagnosis_code: isIll ? 'F33' : 'F40', code_system: 'icd10' }),
      ...scores.map((score) => scored(who, score)),
      event('treatment.started', who, startMs, { treatment_id: who, treatment_type: 'psychotherapy', treatment_code: code }),
    ]),
  );
  const arms = ['CBT', 'IPT'].map((code) => {
    const own = people.filter((one) => one.isIll && one.code === code);
    const outcomes = own
      .map(({ scores, startMs }) => outcomeOf(scores, startMs, END_MS))
      .filter(({ category }) => category !== 'not_evaluable');
    const pcts = outcomes.flatMap(({ pct }) => pct ?? []);
    const spread = Math.sqrt(pcts.reduce((all, one) => all + (one - mean(pcts)) ** 2, 0) / (pcts.length - 1));
    const responders = outcomes.filter(({ category }) => ['response', 'remission'].includes(category)).length;
    return {
      treatment_code: code,
      n: own.length,
      evaluable: outcomes.length,
      mean: mean(pcts),
      spread,
      rate: responders / outcomes.length,
    };
  });
  expect(arms.reduce((all, { n }) => all + n, 0)).toBe(1_200);
  expect(await pack.view('treatment_comparison', { treatments: 'CBT,IPT', diagnosis_code: 'F33', ...year })).toMatchObject({
    arms: arms.map((arm) => ({
      ...{ treatment_code: arm.treatment_code, n: arm.n, evaluable: arm.evaluable },
      mean_improvement_pct: expect.closeTo(arm.mean, 1),
      ...{ sd: expect.closeTo(arm.spread, 1), response_rate: rate(arm.rate, 1) },
    })),
    contrasts: [{ treatment_code: 'IPT', diff: expect.closeTo((arms[1]?.mean ?? 0) - (arms[0]?.mean ?? 0), 1) }],
  });
});

test('10,500 diagnoses are counted, and 1,400 patients with them, by sex too', async () => {
  const draw = drawing(4);
  const rows = Array.from({ length: 10_500 }, (_, at) => ({
    who: `p-${draw(1_400)}`,
    code: `C${10 + draw(40)}`,
    id: `d-${at}`,
    isOver: draw(4) === 0,
  }));
  const sexOf = (who: string): string => (Number(who.slice(2)) % 3 === 0 ? 'male' : 'female');
  const overMs = END_MS - 400 * DAY_MS;
  await pack.put([
    ...rows.map(({ who, code, id, isOver }) => {
      const resolved = isOver ? { resolved_at: new Date(overMs).toISOString() } : {};
      return event('diagnosis.recorded', who, overMs - 1_000, {
        diagnosis_id: id,
        diagnosis_code: code,
        code_system: 'icd10',
        ...resolved,
      });
    }),
    ...[...new Set(rows.map(({ who }) => who))].map((who) => event('patient.updated', who, overMs, { sex: sexOf(who) })),
  ]);
  const active = rows.filter(({ isOver }) => !isOver);
  const everybody = new Set(active.map(({ who }) => who)).size;
  const codes = [...Map.groupBy(active, ({ code }) => code)]
    .map(([code, found]) => ({ code, who: [...new Set(found.map(({ who }) => who))] }))
    .toSorted((a, b) => b.who.length - a.who.length || (a.code < b.code ? -1 : 1));
  const beyond = codes.slice(10);
  expect(await pack.view('diagnosis_distribution', { ...year, group_by: 'sex', limit: '10' })).toEqual({
    ...{ period: year, patients_with_diagnosis: everybody },
    items: codes.slice(0, 10).map(({ code, who }, at) => ({
      ...{
        rank: at + 1,
        diagnosis_code: code,
        diagnosis_name: null,
        patients: who.length,
        share_pct: round((100 * who.length) / everybody),
      },
      groups: ['female', 'male'].map((key) => ({ key, patients: who.filter((one) => sexOf(one) === key).length })),
    })),
    other: { patients: new Set(beyond.flatMap(({ who }) => who)).size, codes: beyond.length },
  });
});

test('10,500 encounters of two years sort 700 patients by their risk', async () => {
  const draw = drawing(5);
  const classes = ['ambulatory', 'ambulatory', 'emergency', 'inpatient'];
  const statuses = ['completed', 'completed', 'completed', 'no_show'];
  const visits = Array.from({ length: 10_500 }, (_, at) => {
    const who = draw(700);
    // Some were not seen of late.
    const days = (who % 4 === 0 ? 100 : 1) + draw(600);
    return { id: `v-${at}`, who: `p-${who}`, days, kind: classes[draw(4)] ?? '', status: statuses[draw(4)] ?? '' };
  });
  await pack.put(
    visits.map(({ id, who, days, kind, status }) =>
      event('encounter.completed', who, END_MS - days * DAY_MS, {
        ...{ encounter_id: id, practice_id: 'north', provider_id: 'dr', encounter_class: kind, status },
      }),
    ),
  );
  const scoreOf = (own: typeof visits): number => {
    const lately = own.filter(({ days }) => days <= 180);
    const urgent = lately.filter(({ kind, status }) => ['emergency', 'inpatient'].includes(kind) && status === 'completed').length;
    const missed = lately.filter(({ status }) => status === 'no_show').length;
    const seen = Math.min(...own.filter(({ status }) => status === 'completed').map(({ days }) => days));
    return Math.min(10 * urgent, 30) + Math.min(5 * missed, 15) + (seen > 90 ? 10 : 0);
  };
  const scores = [...Map.groupBy(visits, ({ who }) => who)].map(([who, own]) => ({ who, score: scoreOf(own) }));
  const countOf = (low: number, high: number): number => scores.filter(({ score }) => score >= low && score < high).length;
  const ranked = scores.toSorted((a, b) => b.score - a.score || (a.who < b.who ? -1 : 1));
  const answer = await pack.view('risk_stratification', { limit: '500', as_of: new Date(END_MS).toISOString() });
  expect(answer).toMatchObject({
    counts: { low: countOf(0, 25), moderate: countOf(25, 50), high: countOf(50, 75), critical: 0 },
    items: ranked.slice(0, 500).map(({ who, score }) => ({ patient_ref: who, score })),
    next_cursor: 500,
  });
});
