import { describe, expect, test } from 'vitest';
import { runPack } from './pack-in-process.ts';

// Synthetic events, worked out by hand: what was told again, changed or taken back leaves the figures of the views.

let sent = 0;

function event(type: string, at: string, data: object, subject?: string): string {
  sent += 1;
  return JSON.stringify({ id: `e-${sent}`, type, occurred_at: at, data, ...(subject === undefined ? {} : { subject }) });
}

function sendAll(pack: ReturnType<typeof runPack>, events: readonly string[]): void {
  expect(pack.send(events)).toEqual(events.map(() => null));
}

describe('novamind', () => {
  const pack = runPack('novamind');
  const encounter = (id: string, at: string, patient: string, more: object) =>
    event(
      'clinical.encounter.completed',
      at,
      { encounter_id: id, practice_id: 'north', provider_id: 'dr-1', encounter_class: 'ambulatory', status: 'completed', ...more },
      patient,
    );

  test('an encounter that is sent again counts once, by its last status, where it first was', async () => {
    sendAll(pack, [
      encounter('v-1', '2026-10-05T09:00:00Z', 'p-1', { duration_min: 30, cost: 80 }),
      encounter('v-2', '2026-10-06T09:00:00Z', 'p-2', { status: 'cancelled' }),
      // A month later it is said that the first was missed, and that the second took place after all.
      encounter('v-1', '2026-11-05T09:00:00Z', 'p-1', { status: 'no_show' }),
      encounter('v-2', '2026-11-06T09:00:00Z', 'p-2', { duration_min: 50, cost: 120 }),
      encounter('v-3', '2026-11-07T09:00:00Z', 'p-2', { duration_min: 20, cost: 60, provider_id: 'dr-2' }),
    ]);
    const october = { practice_id: 'north', start: '2026-10-01', end: '2026-10-31', interval: 'month' };
    expect(await pack.view('practice_metrics', october)).toEqual({
      practice_id: 'north',
      period: { start: '2026-10-01', end: '2026-10-31' },
      totals: {
        ...{ active_patients: 1, new_patients: 1, encounters: 2, completed: 1, cancelled: 0, no_show: 1 },
        ...{
          completion_rate: 50,
          no_show_rate: 50,
          cancellation_rate: 0,
          encounters_per_patient: 1,
          avg_duration_min: 50,
          total_cost: 120,
        },
      },
      by_class: [{ encounter_class: 'ambulatory', encounters: 2 }],
      by_provider: [{ provider_id: 'dr-1', encounters: 2, patients: 1 }],
      series: [{ bucket: '2026-10-01T00:00:00.000+00:00', encounters: 2, active_patients: 1, no_show_rate: 50 }],
    });
    // The patient of November was seen in October for the first time.
    expect(await pack.view('practice_metrics', { ...october, start: '2026-11-01', end: '2026-11-30' })).toMatchObject({
      totals: { active_patients: 1, new_patients: 0, encounters: 1 },
    });
    expect(
      pack.ask({
        metric: 'clinical.encounters_current',
        kind: 'table',
        group_by: ['status'],
        measures: ['encounters', 'cost'],
        from: '2026-10-01',
        to: '2026-12-01',
      }),
    ).toEqual([
      ['completed', 2, 180],
      ['no_show', 1, 80],
    ]);
  });
});

describe('marb', () => {
  const pack = runPack('marb');
  const claim = (id: string, submitted: string) =>
    event(
      'claims.claim.submitted',
      `${submitted}T08:00:00Z`,
      {
        ...{ claim_id: id, payer_id: 'acme', provider_id: 'dr-1', practice_id: 'north', charge_amount: 100 },
        ...{ service_date: '2026-02-20', submitted_at: `${submitted}T08:00:00Z` },
      },
      'p-1',
    );
  const remittance = (id: string, claimId: string, day: string, [code, paid]: readonly [code: number, paid: number], at = day) =>
    event('claims.remittance.received', `${at}T12:00:00Z`, {
      ...{
        remit_id: id,
        claim_id: claimId,
        payer_id: 'acme',
        claim_status_code: code,
        charge_amount: 100,
        paid_amount: paid,
        payment_date: day,
      },
    });
  const adjustment = (id: string, remit: string, [group, reason]: readonly [group: string, reason: string], amount: number, day: string) =>
    event('claims.adjustment.received', `${day}T12:00:00Z`, {
      ...{ adjustment_id: id, remit_id: remit, payer_id: 'acme', claim_status_code: 4, group_code: group, reason_code: reason },
      ...{ amount, level: 'claim', payment_date: day },
    });
  const march = { start: '2026-03-01', end: '2026-03-31' };

  test('a claim that is decided twice counts by its latest decision, and by its first for the first pass and the days to payment', async () => {
    sendAll(pack, [
      ...[claim('c-1', '2026-03-01'), claim('c-2', '2026-03-10'), claim('c-3', '2026-03-20')],
      // Denied, then paid; what was paid is told again.
      remittance('r-1', 'c-1', '2026-03-11', [4, 0]),
      adjustment('a-1', 'r-1', ['CO', '16'], 100, '2026-03-11'),
      remittance('r-2', 'c-1', '2026-03-21', [1, 80]),
      remittance('r-2', 'c-1', '2026-03-21', [1, 90], '2026-03-22'),
      remittance('r-3', 'c-2', '2026-03-15', [4, 0]),
      ...[adjustment('a-2', 'r-3', ['CO', '16'], 60, '2026-03-15'), adjustment('a-3', 'r-3', ['CO', '45'], 30, '2026-03-15')],
      adjustment('a-4', 'r-3', ['PR', '1'], 10, '2026-03-15'),
      // Paid before it was submitted; a claim that nobody submitted, denied without a word.
      ...[remittance('r-4', 'c-3', '2026-03-10', [1, 100]), remittance('r-5', 'c-4', '2026-03-18', [4, 0])],
    ]);
    expect(await pack.view('claims_metrics', march)).toMatchObject({
      items: [
        {
          // Of 4 claims c-2 and c-4 are denied; of 500 charged 90 and 100 were paid; of the first decisions one of four was a payment.
          ...{ remittances: 5, claims: 4, denied: 2, denial_rate: 50, first_pass_rate: 25, charge_amount: 500, paid_amount: 190 },
          collection_rate: 38,
          // 10 days of c-1 and 5 of c-2: the half lies between, 90 % at 5 + 0.9 · 5. c-3 has -10, c-4 no submission.
          days_to_payment: { mean: 7.5, p50: 7.5, p90: 9.5, bad_dates: 1 },
        },
      ],
    });
    // In February there was nothing, and there is no rate of nothing.
    expect(await pack.view('claims_metrics', { start: '2026-02-01', end: '2026-02-28', group_by: 'payer' })).toMatchObject({ items: [] });
    // In the first eleven days c-1 is denied and c-3 is paid.
    expect(await pack.view('claims_metrics', { start: '2026-03-01', end: '2026-03-11', group_by: 'payer' })).toMatchObject({
      items: [{ key: 'acme', claims: 2, denied: 1, denial_rate: 50 }],
    });
  });

  test('a pattern of denial is of the decision that stands, and unknown where nothing was said', async () => {
    const { items } = (await pack.view('denial_patterns', { ...march, min_count: '1' })) as { items: readonly object[] };
    // The first 15 of 31 days end on the 15th.
    const same = { payer_id: 'acme', procedure_code: null, denials: 1, share_pct: 50, confidence: 'low' };
    expect(items).toEqual([
      { ...same, group_code: 'CO', reason_code: '16', denied_amount: 60, first_seen: '2026-03-15', last_seen: '2026-03-15', trend: -1 },
      { ...same, group_code: null, reason_code: 'unknown', denied_amount: 0, first_seen: '2026-03-18', last_seen: '2026-03-18', trend: 1 },
    ]);
  });

  const state = (id: string, status: string, day: string) =>
    event('claims.claim.status_changed', `${day}T18:00:00Z`, { claim_id: id, status });

  test('claims are listed by what was told of them last, and those of which nothing was told are submitted', async () => {
    // 23 forwards, 22 reverses: neither decides, nor is it a state. Of 100 charged 100, 0 and 99.99 are paid.
    sendAll(pack, [
      ...['c-5', 'c-6', 'c-7', 'c-8', 'c-9'].map((id) => claim(id, '2026-03-25')),
      ...[remittance('r-6', 'c-5', '2026-03-26', [23, 0]), remittance('r-7', 'c-6', '2026-03-26', [1, 100])],
      ...[remittance('r-8', 'c-6', '2026-03-27', [22, -100]), remittance('r-9', 'c-7', '2026-03-26', [19, 0])],
      ...[remittance('r-10', 'c-8', '2026-03-26', [2, 99.99]), state('c-8', 'appealed', '2026-03-27')],
      ...[state('c-9', 'paid', '2026-03-26'), remittance('r-11', 'c-9', '2026-03-27', [4, 0])],
    ]);
    const idsOf = async (status: string) =>
      ((await pack.view('claims', { status })) as { items: readonly { claim_id: string; status: string }[] }).items.map(
        (one) => `${one.claim_id} ${one.status}`,
      );
    expect(await idsOf('denied')).toEqual(['c-9 denied', 'c-2 denied']);
    expect(await idsOf('submitted')).toEqual(['c-5 submitted']);
    expect(await idsOf('paid')).toEqual(['c-6 paid', 'c-3 paid']);
    expect(await idsOf('partially_paid')).toEqual(['c-1 partially_paid']);
    expect(await idsOf('no_payment')).toEqual(['c-7 no_payment']);
    expect(await idsOf('appealed')).toEqual(['c-8 appealed']);
  });

  test('a claim that was decided by a state alone counts as others do, by the payer of the claim', async () => {
    const own = runPack('marb');
    sendAll(own, [
      ...['d-1', 'd-2', 'd-3', 'd-4'].map((id) => claim(id, '2026-03-01')),
      // Denied by a state alone; paid by a state after a denial by remittance.
      ...[state('d-1', 'denied', '2026-03-05'), remittance('s-2', 'd-2', '2026-03-06', [4, 0]), state('d-2', 'paid', '2026-03-20')],
      adjustment('b-2', 's-2', ['CO', '29'], 100, '2026-03-06'),
      // Denied by a remittance in February, which a state says again in March: its reason is that of the remittance.
      ...[remittance('s-3', 'd-3', '2026-02-25', [4, 0]), adjustment('b-3', 's-3', ['CO', '16'], 70, '2026-02-25')],
      state('d-3', 'denied', '2026-03-28'),
      // Pending decides nothing. A remittance that names no claim stands for itself.
      state('d-4', 'pending', '2026-03-07'),
      event('claims.remittance.received', '2026-03-08T12:00:00Z', {
        ...{ remit_id: 's-5', payer_id: 'acme', claim_status_code: 4, charge_amount: 30, paid_amount: 0, payment_date: '2026-03-08' },
      }),
      adjustment('b-5', 's-5', ['CO', '16'], 30, '2026-03-08'),
    ]);
    // Decided in March: d-1 and d-3 denied, d-2 paid, and s-5 denied. First decided in March: d-1 and s-5 (denied), d-2 (denied).
    const items = [{ claims: 4, denied: 3, denial_rate: 75, first_pass_rate: 0, remittances: 2, charge_amount: 130 }];
    expect(await own.view('claims_metrics', march)).toMatchObject({ items });
    expect(await own.view('claims_metrics', { ...march, group_by: 'payer' })).toMatchObject({ items: [{ key: 'acme', ...items[0] }] });
    // Neither the states nor these remittances name a practice: that of the claim counts, and s-5 has none.
    expect(await own.view('claims_metrics', { ...march, group_by: 'practice' })).toMatchObject({
      items: [
        { key: 'north', claims: 3, denied: 2, denial_rate: 66.67 },
        { key: null, claims: 1, denied: 1, denial_rate: 100 },
      ],
    });
    // The first 15 of 31 days end on the 15th: of CO 16 s-5 lies before, d-3 after it.
    const same = { payer_id: 'acme', procedure_code: null };
    expect(await own.view('denial_patterns', { ...march, min_count: '1' })).toMatchObject({
      items: [
        { ...same, group_code: 'CO', reason_code: '16', denials: 2, denied_amount: 100, share_pct: 66.67, trend: 0 },
        { ...same, group_code: null, reason_code: 'unknown', denials: 1, share_pct: 33.33, trend: -1 },
      ],
    });
    expect(await own.view('denial_patterns', { ...march, min_count: '1', payer_id: 'fund' })).toMatchObject({ items: [] });
    // In February it was the remittance.
    expect(await own.view('denial_patterns', { start: '2026-02-01', end: '2026-02-28', min_count: '1' })).toMatchObject({
      items: [{ ...same, reason_code: '16', denials: 1, denied_amount: 70, first_seen: '2026-02-25' }],
    });
  });

  test('a remittance that is sent again with another outcome is the same decision, where it first was', async () => {
    const own = runPack('marb');
    sendAll(own, [
      claim('e-1', '2026-03-01'),
      remittance('t-1', 'e-1', '2026-03-10', [4, 0]),
      remittance('t-1', 'e-1', '2026-03-10', [1, 100], '2026-04-10'),
    ]);
    expect(await own.view('claims_metrics', march)).toMatchObject({ items: [{ claims: 1, denied: 0, first_pass_rate: 100 }] });
    expect(await own.view('claims_metrics', { start: '2026-04-01', end: '2026-04-30' })).toMatchObject({
      items: [{ claims: 0, denied: 0 }],
    });
  });
});

describe('studyin', () => {
  const pack = runPack('studyin');
  const session = (kind: 'start' | 'end', id: string, at: string, more: object = {}) =>
    event(`session_${kind}`, at, { session_id: id, ...more }, 'learner-1');

  test('a session counts on the day of its start, with what its end tells or the time between, cut at twelve hours', async () => {
    sendAll(pack, [
      // Over midnight: 30 minutes of the 2nd.
      ...[session('start', 's-1', '2026-10-02T23:50:00Z'), session('end', 's-1', '2026-10-03T00:20:00Z')],
      // It says 10 minutes, whatever lies between.
      ...[
        session('start', 's-2', '2026-10-03T10:00:00Z'),
        session('end', 's-2', '2026-10-03T11:00:00Z', { duration_seconds: 600, xp_earned: 7 }),
      ],
      // Left open over night: twelve of thirty hours. Its start was never told: it ended an hour after midnight, and began at 23 h.
      ...[session('start', 's-3', '2026-10-03T12:00:00Z'), session('end', 's-3', '2026-10-04T18:00:00Z')],
      ...[session('end', 's-4', '2026-10-05T01:00:00Z', { duration_seconds: 7_200 }), session('start', 's-5', '2026-10-05T09:00:00Z')],
    ]);
    const days = { user_id: 'learner-1', start: '2026-10-02', end: '2026-10-05' };
    const overview = (await pack.view('overview', days)) as {
      daily: readonly { date: string; sessions: number; minutes: number; xp: number }[];
    };
    // 30, 10, 720 and 120 minutes: the half lies between 30 and 120.
    expect(overview).toMatchObject({
      ...{ total_sessions: 5, open_sessions: 1, total_study_minutes: 880, avg_session_minutes: 220, median_session_minutes: 75 },
      // Nobody is awarded points here: those that sessions told stand.
      ...{ longest_session_minutes: 720, total_xp: 7 },
    });
    expect(overview.daily.map(({ date, sessions, minutes, xp }) => [date, sessions, minutes, xp])).toEqual([
      ['2026-10-02', 1, 30, 0],
      ['2026-10-03', 2, 730, 7],
      ['2026-10-04', 1, 120, 0],
      ['2026-10-05', 1, 0, 0],
    ]);
    const heatmap = (await pack.view('heatmap', days)) as {
      hours: readonly (readonly number[])[];
      days: readonly { minutes: number; level: number }[];
    };
    expect(heatmap.days.map(({ minutes, level }) => [minutes, level])).toEqual([
      [30, 3],
      [730, 4],
      [120, 4],
      [0, 1],
    ]);
    // The 2nd of October 2026 is a Friday.
    expect([heatmap.hours[4]?.[23], heatmap.hours[5]?.[10], heatmap.hours[5]?.[12], heatmap.hours[6]?.[23]]).toEqual([30, 10, 720, 120]);
    expect(heatmap.hours.flat().reduce((sum, minutes) => sum + minutes, 0)).toBe(880);
    expect(await pack.view('overview', { user_id: 'learner-1', start: '2026-10-03', end: '2026-10-03' })).toMatchObject({
      total_sessions: 2,
    });
  });
});

test('studyin: an end before its start is refused, whatever it tells', async () => {
  const pack = runPack('studyin');
  const told = (type: string, id: string, at: string, more: object = {}) => event(type, at, { session_id: id, ...more }, 'learner-1');
  sendAll(pack, [
    ...[told('session_start', 's-1', '2026-10-05T10:00:00Z'), told('session_end', 's-1', '2026-10-05T10:30:00Z', { xp_earned: 5 })],
    // Days before its start, and a second before it, with a length and points of its own.
    ...[
      told('session_end', 's-2', '2026-09-20T10:00:00Z', { duration_seconds: 900, xp_earned: 50 }),
      told('session_start', 's-2', '2026-10-05T11:00:00Z'),
    ],
    ...[told('session_start', 's-3', '2026-10-05T12:00:00Z'), told('session_end', 's-3', '2026-10-05T11:59:59Z', { xp_earned: 50 })],
    // At the same instant it is an end.
    ...[told('session_start', 's-4', '2026-10-05T13:00:00Z'), told('session_end', 's-4', '2026-10-05T13:00:00Z')],
  ]);
  const day = { user_id: 'learner-1', start: '2026-10-05', end: '2026-10-05' };
  // 30 and 0 minutes.
  expect(await pack.view('overview', day)).toMatchObject({
    ...{ total_sessions: 4, open_sessions: 2, total_study_minutes: 30, avg_session_minutes: 15, median_session_minutes: 15, total_xp: 5 },
    daily: [{ date: '2026-10-05', sessions: 4, minutes: 30, xp: 5 }],
  });
  const { items } = (await pack.view('learning_sessions', { ...day, start: '2026-09-01' })) as {
    items: readonly Record<string, unknown>[];
  };
  expect(items.map((row) => [row['session_id'], row['ended_at'], row['duration_seconds'], row['xp_earned']]).toSorted()).toEqual([
    ['s-1', '2026-10-05T10:30:00.000Z', 1_800, 5],
    ['s-2', null, null, null],
    ['s-3', null, null, null],
    ['s-4', '2026-10-05T13:00:00.000Z', 0, null],
  ]);
});

test('studyin: of two levels at one instant the highest counts, and achievements beyond 500 are told', async () => {
  const pack = runPack('studyin');
  const told = (type: string, at: string, data: object) => event(type, at, data, 'learner-1');
  sendAll(pack, [
    ...[9, 7].map((level) => told('level_up', '2026-10-01T10:00:00Z', { level })),
    // Later, and lower: that is the level now.
    ...[3, 5, 4].map((level) => told('level_up', '2026-10-03T10:00:00Z', { level })),
    ...Array.from({ length: 501 }, (_, at) => told('achievement_unlocked', '2026-10-02T10:00:00Z', { achievement_id: `a-${at % 501}` })),
    told('achievement_unlocked', '2026-10-03T10:00:00Z', { achievement_id: 'a-0' }),
  ]);
  const upTo = async (end: string) => pack.view('progress', { user_id: 'learner-1', start: '2026-10-01', end });
  expect(await upTo('2026-10-02')).toMatchObject({ level: 9, achievements_total: 501 });
  expect(await upTo('2026-10-03')).toMatchObject({ level: 5, achievements_total: 501 });
  const stats = (await pack.view('gamification_stats', { user_id: 'learner-1' })) as { achievement_ids: readonly string[] };
  expect(stats).toMatchObject({ current_level: 5 });
  expect(new Set(stats.achievement_ids).size).toBe(501);
});

test('studyin: sessions and talks of everybody, each with whose it is', async () => {
  const pack = runPack('studyin');
  const told = (who: string, type: string, at: string, data: object) => event(type, at, data, who);
  sendAll(pack, [
    // Two learners call their sessions the same.
    ...['learner-1', 'learner-2'].flatMap((who, at) => [
      told(who, 'session_start', `2026-10-0${at + 1}T10:00:00Z`, { session_id: 's', material_id: `m-${at}` }),
      told(who, 'achievement_unlocked', `2026-10-0${at + 1}T10:05:00Z`, { session_id: 's', achievement_id: `a-${at}` }),
      told(who, 'ai_interaction', `2026-10-0${at + 1}T11:00:00Z`, {
        conversation_id: `c-${at}`,
        role: 'coach',
        response_ms: 100 * (at + 1),
      }),
      told(who, 'ai_feedback', `2026-10-0${at + 1}T11:05:00Z`, { conversation_id: `c-${at}`, rating: 3 + at }),
    ]),
  ]);
  const october = { start: '2026-10-01', end: '2026-10-31', user_id: '*' };
  const second = { user_hash: 'learner-2', session_id: 's', material_ids: ['m-1'], achievement_ids: ['a-1'] };
  const first = { user_hash: 'learner-1', session_id: 's', material_ids: ['m-0'], achievement_ids: ['a-0'] };
  expect(await pack.view('learning_sessions', october)).toMatchObject({ items: [second, first], next_cursor: null });
  const page = (await pack.view('learning_sessions', { ...october, limit: '1' })) as { next_cursor: string };
  expect(page).toMatchObject({ items: [second] });
  expect(await pack.view('learning_sessions', { ...october, limit: '1', cursor: page.next_cursor })).toMatchObject({ items: [first] });
  // Of each learner a talk of one message: 100 and 200 ms, rated 3 and 4.
  const both = { conversations: 2, messages: 2, ratings: 2, avg_rating: 3.5, helpful_rate: 50, response_ms: { avg: 150 } };
  expect(await pack.view('coach', october)).toMatchObject(both);
  expect(await pack.view('coach', { ...october, user_id: 'learner-2' })).toMatchObject({ conversations: 1, avg_rating: 4 });
});

test('studyin: a talk that is rated again has its last rating, on the day of that', async () => {
  const pack = runPack('studyin');
  const talk = (type: string, at: string, data: object) => event(type, at, { conversation_id: 'c-1', ...data }, 'learner-1');
  sendAll(pack, [
    talk('ai_interaction', '2026-10-01T10:00:00Z', { role: 'user' }),
    ...[talk('ai_feedback', '2026-10-01T10:10:00Z', { rating: 2 }), talk('ai_feedback', '2026-10-02T10:00:00Z', { rating: 5 })],
  ]);
  const of = async (day: string) => pack.view('coach', { user_id: 'learner-1', start: day, end: day });
  expect(await of('2026-10-01')).toMatchObject({ conversations: 1, ratings: 0, avg_rating: null, helpful_rate: null });
  expect(await of('2026-10-02')).toMatchObject({ conversations: 0, ratings: 1, avg_rating: 5, helpful_rate: 100 });
  expect(await pack.view('coach', { user_id: '*', start: '2026-10-01', end: '2026-10-02' })).toMatchObject({ ratings: 1, avg_rating: 5 });
});

describe('healthtrack', () => {
  const pack = runPack('healthtrack');
  const measured = (id: string, at: string, value: number) =>
    event('health.metric.recorded', at, { metric_id: id, metric_type: 'heart_rate', value, unit: 'bpm' }, 'u-1');
  const eaten = (id: string, at: string, calories: number) =>
    event('health.meal.logged', at, { meal_id: id, meal_type: 'lunch', calories, protein_g: 10, carbs_g: 20, fat_g: 5 }, 'u-1');

  test('what is taken back leaves the extremes, the latest value and the totals of meals', async () => {
    sendAll(pack, [
      ...[
        measured('m-1', '2026-11-02T08:00:00Z', 60),
        measured('m-2', '2026-11-03T08:00:00Z', 70),
        measured('m-3', '2026-11-04T08:00:00Z', 200),
      ],
      event('health.metric.deleted', '2026-11-04T09:00:00Z', { metric_id: 'm-3' }, 'u-1'),
      ...[eaten('l-1', '2026-11-02T12:00:00Z', 500), eaten('l-2', '2026-11-02T13:00:00Z', 5_000)],
      event('health.meal.deleted', '2026-11-02T14:00:00Z', { meal_id: 'l-2' }, 'u-1'),
    ]);
    const days = { user_id: 'u-1', start: '2026-11-01', end: '2026-11-07' };
    expect(await pack.view('metrics_summary', days)).toMatchObject({
      items: [
        { metric_type: 'heart_rate', count: 2, avg: 65, min: 60, max: 70, latest: { value: 70, recorded_at: '2026-11-03T08:00:00.000Z' } },
      ],
    });
    const ids = async (page: object) => {
      const { items } = (await pack.view('metrics', { ...days, ...page })) as { readonly items: readonly { readonly id: string }[] };
      return items.map(({ id }) => id);
    };
    expect([await ids({}), await ids({ offset: '1' }), await ids({ offset: '2' })]).toEqual([['m-2', 'm-1'], ['m-1'], []]);
    expect(await pack.view('nutrition', days)).toMatchObject({
      items: [{ id: 'l-1', calories: 500 }],
      totals: [{ date: '2026-11-02', meal_type: 'lunch', meals: 1, calories: 500 }],
    });
  });
});
