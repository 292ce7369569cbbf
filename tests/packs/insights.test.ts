import { describe, expect, test } from 'vitest';
import { runPack, type PackInProcess } from './pack-in-process.ts';

// Synthetic events, worked out by hand: what the insights of the packs find, of which figures, and in which order.

let sent = 0;

function send(
  pack: PackInProcess,
  type: string,
  { at, who, data }: { readonly at: string; readonly who?: string; readonly data: object },
): void {
  sent += 1;
  const event = { id: `e-${sent}`, type, occurred_at: at, data, ...(who === undefined ? {} : { subject: who }) };
  expect(pack.send([JSON.stringify(event)])).toEqual([null]);
}

describe('claims that are likely to be denied', () => {
  const pack = runPack('marb');
  const scored = (claim: string, at: string, score: number, level: string) =>
    send(pack, 'claims.risk.calculated', { at, data: { claim_id: claim, payer_id: 'acme', score, level } });

  test('are those of 60 and more by their latest score, the likeliest first', async () => {
    scored('c-1', '2026-11-01T08:00:00Z', 59.99, 'medium');
    scored('c-2', '2026-11-01T08:00:00Z', 60, 'high');
    scored('c-3', '2026-11-01T08:00:00Z', 95.5, 'critical');
    // Of two that are told of a claim the later one stands, whichever came first.
    scored('c-4', '2026-11-03T08:00:00Z', 20, 'low');
    scored('c-4', '2026-11-02T08:00:00Z', 90, 'critical');
    scored('c-5', '2026-11-02T08:00:00Z', 10, 'low');
    scored('c-5', '2026-11-03T08:00:00Z', 71.25, 'high');
    const found = await pack.insight('denial_risk');
    expect(found.map(({ about, rank, priority, level }) => [about, rank, priority, level])).toEqual([
      ['c-3', 1, 95.5, 'critical'],
      ['c-5', 2, 71.25, 'high'],
      ['c-2', 3, 60, 'high'],
    ]);
    expect(found[0]).toMatchObject({
      rule: 'denial_risk',
      message: expect.stringContaining('95.5 of 100'),
      evidence: { payer_id: 'acme' },
    });
  });
});

test('episodes: those that are not done by their age, and those that are by how long they took (D-M9)', async () => {
  const pack = runPack('marb');
  const opened = (episode: string, at: string) =>
    send(pack, 'claims.episode.opened', { at, data: { episode_id: episode, claim_id: `c-${episode}` } });
  const turned = (episode: string, at: string, status: string, type = 'status_changed') =>
    send(pack, `claims.episode.${type}`, { at, data: { episode_id: episode, status } });
  expect(await pack.view('episode_figures')).toEqual({
    open: { episodes: 0, mean_age_days: null, p90_age_days: null },
    completed: { episodes: 0, mean_days: null, p90_days: null },
  });
  for (const [episode, day] of [
    ['1', '01'],
    ['2', '05'],
    ['3', '11'],
    ['4', '01'],
    ['5', '01'],
    ['6', '19'],
  ] as const) {
    opened(episode, `2026-11-${day}T00:00:00Z`);
  }
  turned('2', '2026-11-06T00:00:00Z', 'in_review');
  turned('4', '2026-11-03T12:00:00Z', 'complete', 'completed');
  turned('5', '2026-11-11T00:00:00Z', 'complete', 'completed');
  // Done, and opened again: the last state wins.
  turned('3', '2026-11-12T00:00:00Z', 'complete', 'completed');
  turned('3', '2026-11-13T00:00:00Z', 'open');
  // A state of an episode that nobody told of.
  turned('7', '2026-11-12T00:00:00Z', 'complete', 'completed');
  // On the 18th 17, 13 and 7 days: mean 37 / 3, and 90 % at 13 + 0.8 · 4. Done in 2.5 and 10 days: 90 % at 2.5 + 0.9 · 7.5.
  expect(await pack.view('episode_figures', { as_of: '2026-11-18T00:00:00Z' })).toEqual({
    open: { episodes: 3, mean_age_days: 12.33, p90_age_days: 16.2 },
    completed: { episodes: 2, mean_days: 6.25, p90_days: 9.25 },
  });
});

describe('patients at risk', () => {
  const pack = runPack('novamind');
  const visit = (who: string, at: string, more: object) =>
    send(pack, 'clinical.encounter.completed', {
      ...{ at, who },
      data: {
        ...{ encounter_id: `v-${sent}`, practice_id: 'north', provider_id: 'dr', encounter_class: 'ambulatory', status: 'completed' },
        ...more,
      },
    });
  const course = (who: string, id: string) =>
    send(pack, 'clinical.medication.started', { at: '2026-08-01T08:00:00Z', who, data: { course_id: id, medication_code: id } });
  const treat = (who: string, at: string) =>
    send(pack, 'clinical.treatment.started', {
      ...{ at, who },
      data: { treatment_id: `t-${who}`, treatment_type: 'psychotherapy', treatment_code: 'CBT' },
    });
  const score = (who: string, at: string, value: number) =>
    send(pack, 'clinical.outcome.measured', { at, who, data: { measurement_id: `m-${sent}`, instrument: 'phq9', score: value } });
  const factorsOf = async (who: string) => {
    const { items } = (await pack.view('risk_stratification', { as_of: '2026-11-20T12:00:00Z' })) as {
      items: { patient_ref: string; score: number; factors: { factor: string; points: number }[] }[];
    };
    const one = items.find(({ patient_ref: ref }) => ref === who);
    return [one?.score, one?.factors.map(({ factor, points }) => `${factor} ${points}`)];
  };

  test('have the points of each reason, up to what a reason may give (D-N6)', async () => {
    for (const day of ['01', '02', '03', '04']) visit('restless', `2026-11-${day}T08:00:00Z`, { status: 'no_show' });
    for (const day of ['05', '06', '07', '08']) visit('restless', `2026-11-${day}T08:00:00Z`, { encounter_class: 'inpatient' });
    for (const at of [1, 2, 3, 4, 5]) course('restless', `M${at}`);
    treat('restless', '2026-09-01T08:00:00Z');
    score('restless', '2026-08-20T08:00:00Z', 10);
    score('restless', '2026-10-20T08:00:00Z', 9);
    // Four missed visits give 15 in all, four stays 30, five medications 10, a treatment that changed nothing 10.
    expect(await factorsOf('restless')).toEqual([
      65,
      ['emergency_or_inpatient 30', 'no_shows 15', 'concurrent_medication 10', 'latest_treatment 10'],
    ]);
    // Nobody has seen the patient whose treatment is open.
    treat('unseen', '2026-10-01T08:00:00Z');
    expect(await factorsOf('unseen')).toEqual([10, ['days_since_contact 10']]);
    // What lies more than 180 days behind counts no more, but for the days since.
    visit('calm', '2026-05-01T08:00:00Z', { encounter_class: 'emergency' });
    visit('calm', '2026-08-23T08:00:00Z', {});
    expect(await factorsOf('calm')).toEqual([0, []]);
    visit('absent', '2026-08-21T08:00:00Z', {});
    expect(await factorsOf('absent')).toEqual([10, ['days_since_contact 10']]);
  });

  test('are found from 50 points on, the highest first', async () => {
    for (const day of ['05', '06', '07']) visit('ill', `2026-11-${day}T08:00:00Z`, { encounter_class: 'emergency' });
    for (const code of ['A', 'B', 'C', 'D', 'E']) {
      const data = { diagnosis_id: `ill-${code}`, diagnosis_code: code, code_system: 'icd10' };
      send(pack, 'clinical.diagnosis.recorded', { at: '2026-10-01T08:00:00Z', who: 'ill', data });
    }
    const adverse = { medication_code: 'M', severity: 'life_threatening' };
    send(pack, 'clinical.adverse.reported', { at: '2026-10-01T08:00:00Z', who: 'ill', data: adverse });
    // What was milder later takes nothing away.
    send(pack, 'clinical.adverse.reported', { at: '2026-11-01T08:00:00Z', who: 'ill', data: { ...adverse, severity: 'mild' } });
    send(pack, 'clinical.patient.updated', { at: '2026-01-01T08:00:00Z', who: 'ill', data: { birth_date: '1950-01-01', sex: 'male' } });
    // 10 for the age, 20 for five diagnoses, 30, and 15 for the adverse event: 75.
    expect((await pack.insight('risk')).map(({ about, rank, priority, level }) => [about, rank, priority, level])).toEqual([
      ['ill', 1, 75, 'critical'],
      ['restless', 2, 65, 'high'],
    ]);
  });
});

describe('days on which a figure of the practice stands out (D-N7)', () => {
  const pack = runPack('novamind');
  const days = (first: string, counts: readonly number[]) =>
    counts.forEach((count, day) => {
      const at = (hour: number) => new Date(Date.parse(`${first}T08:00:00Z`) + day * 86_400_000 + hour * 60_000).toISOString();
      for (let one = 0; one < count; one += 1) {
        const data = { diagnosis_id: `d-${first}-${day}-${one}`, diagnosis_code: 'A', code_system: 'icd10' };
        send(pack, 'clinical.diagnosis.recorded', { at: at(one), who: `p-${one}`, data });
      }
    });

  test('are found of days that are over for six hours, and each is an event', async () => {
    // It is midnight before the 21st: the 19th is the last day that is looked at. Nines and elevens in turn from the 1st of October on,
    // thirty on the 15th of November, one on the 20th.
    days(
      '2026-10-01',
      Array.from({ length: 51 }, (_, day) => (day === 45 ? 30 : day === 50 ? 1 : day % 2 === 0 ? 9 : 11)),
    );
    const found = await pack.insight('anomalies');
    expect(found.map(({ rule, about, level }) => [rule, about, level])).toEqual([['diagnoses', '2026-11-15', 'high']]);
    const events = pack.eventsOf('anomalies', found);
    // Of 14 nines and 14 elevens the median is 10, and all lie 1 from it: 0.6745 · (30 - 10) / 1 = 13.49.
    const data = { metric: 'diagnoses', day: '2026-11-15', value: 30, expected: 10, z: 13.49, severity: 'high', direction: 'above' };
    expect(events).toMatchObject([{ type: 'platform.anomaly.detected', data }]);
    expect(pack.send(events.map((event) => JSON.stringify(event)))).toEqual([null]);
    expect(
      pack.askObjects({
        metric: 'platform.anomalies',
        kind: 'table',
        measures: ['anomalies'],
        group_by: ['metric'],
        from: '2026-11-20',
        to: '2026-11-22',
      }),
    ).toEqual([{ metric: 'diagnoses', anomalies: 1 }]);
  });

  test('are none of a figure of which nothing was told until two weeks ago', async () => {
    const fresh = runPack('novamind');
    for (const day of ['14', '15', '16']) {
      send(fresh, 'clinical.adverse.reported', {
        at: `2026-11-${day}T08:00:00Z`,
        who: 'p-1',
        data: { medication_code: 'M', severity: 'mild' },
      });
    }
    // The route shows them, for zeros are figures too.
    expect(await fresh.view('anomalies', { metric: 'adverse_events', start: '2026-11-14', end: '2026-11-16' })).toMatchObject({
      items: [{ day: '2026-11-14', z: null }, { day: '2026-11-15' }, { day: '2026-11-16' }],
    });
    expect(await fresh.insight('anomalies')).toEqual([]);
  });
});

describe('a learner who may stay away', () => {
  const pack = runPack('studyin');
  const studied = (who: string, day: string, minutes: number) => {
    const data = { session_id: `s-${who}-${day}` };
    send(pack, 'session_start', { at: `${day}T18:00:00Z`, who, data });
    const until = new Date(Date.parse(`${day}T18:00:00Z`) + minutes * 60_000).toISOString();
    send(pack, 'session_end', { at: until, who, data });
  };

  test('is found where the risk is medium or high, by minutes that lie between a start and an end (D-S9)', async () => {
    // The clock of these tests stands at 21 November 2026. Last there 4 days ago, on 3 of 14 days, 20 minutes each:
    // z = -1 + 0.6 - 0.6 - 0.2 = -1.2, so 1 / (1 + e^1.2) = 0.2315.
    for (const day of ['2026-11-15', '2026-11-16', '2026-11-17']) studied('steady', day, 20);
    // 10 days ago, once, 60 minutes: z = -1 + 1.5 - 0.2 - 0.6 = -0.3, so 0.4256.
    studied('fading', '2026-11-11', 60);
    // 20 days ago and not in the last 14: z = -1 + 3 = 2, so 0.8808.
    studied('gone', '2026-11-01', 30);
    const risks = await Promise.all(['steady', 'fading', 'gone'].map(async (who) => pack.view('predictions', { user_id: who })));
    expect(risks).toMatchObject([
      { risk: 0.2315, label: 'low' },
      { risk: 0.4256, label: 'medium' },
      { risk: 0.8808, label: 'high' },
    ]);
    const found = async (who: string) => (await pack.insight('staying_away', who)).map(({ rule, level }) => `${rule} ${level}`);
    expect([await found('steady'), await found('fading'), await found('gone'), await found('nobody')]).toEqual([
      [],
      ['drop_out_risk medium'],
      ['drop_out_risk high'],
      [],
    ]);
  });
});

describe('an athlete', () => {
  const pack = runPack('fitness');
  const ran = (who: string, day: number, distance: number) => {
    const at = new Date(Date.UTC(2026, 10, 21 - day, 0)).toISOString();
    const data = {
      activity_id: `${who}-${day}`,
      sport: 'run',
      started_at: at,
      distance_m: Math.round(distance),
      elapsed_time_s: 3_000,
      avg_hr: 150,
    };
    send(pack, 'training.activity.recorded', { at, who, data });
  };
  const found = async (who: string) => (await pack.insight('training', who)).map(({ rank, rule, level }) => `${rank} ${rule} ${level}`);

  test('is told of efficiency, load and habit where there is something to tell, and of nothing else', async () => {
    // 10 km each on five days of 90 in three months: metres a beat stay as they are. The week of the 16th has none.
    for (const day of [80, 60, 40, 20, 8]) ran('even', day, 10_000);
    expect([await found('even'), await found('nobody')]).toEqual([[], []]);
    // A tenth of a metre a beat more every ten days, from 1.0 to 1.4: 100 · 30 · 0.01 / 1.2 = 25 % in 30 days.
    for (const [at, day] of [80, 70, 60, 50, 40].entries()) ran('growing', day, 7_500 * (1 + at / 10));
    expect(await found('growing')).toEqual(['1 efficiency_trend improving']);
    for (const [at, day] of [80, 70, 60, 50, 40].entries()) ran('falling', day, 7_500 * (1.4 - at / 10));
    expect(await found('falling')).toEqual(['1 efficiency_trend declining']);
    // Seven days in a row to yesterday. Five of them are of the week that began on the 16th: 5 km beside (10 + 1 + 1) / 4.
    for (const day of [1, 2, 3, 4, 5, 6, 7]) ran('steady', day, 1_000);
    ran('steady', 20, 10_000);
    expect(await found('steady')).toEqual(['1 efficiency_trend declining', '2 week_volume higher', '3 streak steady']);
    expect(await pack.insight('training', 'steady')).toMatchObject([
      {},
      { message: 'It is 66.67 % above the mean of the four weeks before.', evidence: { distance_m: 5_000, change_pct: 66.67 } },
      { evidence: { current_days: 7, longest_days: 7 } },
    ]);
  });
});
