import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { packFile, runPack } from './pack-in-process.ts';

interface Sample {
  readonly type: string;
  readonly occurred_at: string;
  readonly subject?: string;
  readonly data: Readonly<Record<string, unknown>>;
}

const at = '2026-11-02T08:00:00.000Z';

describe('routes of packs that write', () => {
  it('record, change and take back what healthtrack knows of a person (H-10, H-12, H-17, H-19)', async () => {
    const pack = runPack('healthtrack');
    const metric = { metric_type: 'weight', value: 78.1, unit: 'kg', recorded_at: at };
    expect(await pack.write('record_metric', { body: metric, by: 'u-1' })).toEqual({
      ...{ id: 'made-1', user_id: 'u-1', ...metric, source: null, created_at: '2026-11-21T00:00:00.000Z' },
    });
    expect(await pack.view('metric', { id: 'made-1' })).toMatchObject({ id: 'made-1', value: 78.1, recorded_at: at });
    expect(await pack.view('metric', { id: 'made-9' })).toBeUndefined();
    // What the judge refuses is told of the member that was sent: 501 kg; a kind that there is not.
    expect(await pack.write('record_metric', { body: { ...metric, value: 501 }, by: 'u-1' })).toEqual({ errors: ['value'] });
    expect(await pack.write('record_metric', { body: { ...metric, metric_type: 'mood' }, by: 'u-1' })).toEqual({ errors: ['metric_type'] });
    expect(await pack.write('record_metric', { body: metric })).toEqual({ errors: ['user_id'] });
    expect(await pack.write('delete_metric', { params: { id: 'made-1' }, by: 'u-2' })).toBeUndefined();
    expect(await pack.write('delete_metric', { params: { id: 'made-1' }, by: 'u-1' })).toEqual({ id: 'made-1', deleted: true });
    expect(await pack.view('metric', { id: 'made-1' })).toBeUndefined();
  });

  it('set a goal that is read back with its progress, and keep what a change does not name', async () => {
    const pack = runPack('healthtrack');
    const goal = {
      goal_type: 'weight',
      target_value: 70.5,
      start_value: 80,
      unit: 'kg',
      start_date: '2026-11-01',
      target_date: '2027-02-01',
    };
    const set = (await pack.write('set_goal', { body: goal, by: 'u-1' })) as { id: string };
    expect(set).toEqual({ id: 'made-1', ...goal, status: 'active', current: null, progress_pct: 0 });
    await pack.write('record_metric', { body: { metric_type: 'weight', value: 78.1, recorded_at: at }, by: 'u-1' });
    // From 80 towards 70.5, now 78.1: 100 · 1.9 / 9.5 = 20 %.
    expect(await pack.write('change_goal', { params: { id: set.id }, body: { status: 'paused' }, by: 'u-1' })).toMatchObject({
      ...{ ...goal, id: set.id, status: 'paused', current: 78.1, progress_pct: 20 },
    });
    const changed = { params: { id: set.id }, body: { target_date: '2026-10-31' }, by: 'u-1' };
    expect(await pack.write('change_goal', changed)).toEqual({ errors: ['target_date'] });
    expect(await pack.write('set_goal', { body: { ...goal, target_date: goal.start_date }, by: 'u-1' })).toEqual({
      errors: ['target_date'],
    });
    expect(await pack.write('delete_goal', { params: { id: set.id }, by: 'u-1' })).toMatchObject({ deleted: true });
    expect(await pack.view('goals', { user_id: 'u-1' })).toMatchObject({ items: [] });
    expect(await pack.write('change_goal', { params: { id: set.id }, body: { status: 'active' }, by: 'u-1' })).toBeUndefined();
  });

  it('log a meal, whose bounds are those of its event', async () => {
    const pack = runPack('healthtrack');
    const meal = { meal_type: 'lunch', calories: 640.5, protein_g: 30, carbs_g: 70, fat_g: 20, description: 'soup', logged_at: at };
    const logged = await pack.write('log_meal', { body: meal, by: 'u-1' });
    expect(logged).toEqual({ id: 'made-1', user_id: 'u-1', ...meal, fiber_g: null, sugar_g: null, water_ml: null });
    expect(await pack.write('log_meal', { body: { ...meal, calories: 10_001 }, by: 'u-1' })).toEqual({ errors: ['calories'] });
    expect(await pack.write('delete_meal', { params: { id: 'made-1' }, by: 'u-1' })).toMatchObject({ deleted: true });
    const window = { user_id: 'u-1', start: '2026-11-01', end: '2026-11-03' };
    expect(await pack.view('nutrition', window)).toMatchObject({ items: [] });
  });

  it('change an episode and set the rules of a payer, which the next read sees (M-20, M-23)', async () => {
    const pack = runPack('marb');
    const opened = { id: 'o-1', type: 'claims.episode.opened', occurred_at: at, data: { episode_id: 'e-1', claim_id: 'c-1' } };
    expect(pack.send([JSON.stringify(opened)])).toEqual([null]);
    const params = { episode_id: 'e-1' };
    expect(await pack.write('change_episode_status', { params, body: { status: 'appealed' } })).toMatchObject({
      episode_id: 'e-1',
      status: 'appealed',
    });
    expect(await pack.view('episode', params)).toMatchObject({ status: 'appealed', completed_at: null });
    expect(await pack.write('change_episode_status', { params: { episode_id: 'e-2' }, body: { status: 'open' } })).toBeUndefined();
    expect(await pack.write('complete_episode', { params })).toMatchObject({ status: 'complete', claim_id: 'c-1' });
    expect(await pack.view('episode', params)).toMatchObject({ status: 'complete', completed_at: '2026-11-21T00:00:00.000Z' });
    const rules = { name: 'Acme', filing_limit_days: 90, prior_auth_procedures: ['99213'], config: { strict: true } };
    const payer = { params: { payer_id: 'p-1' }, body: rules };
    expect(await pack.write('put_payer', payer)).toEqual({ payer_id: 'p-1', ...rules });
    expect(await pack.write('put_payer', { ...payer, body: { filing_limit_days: 30 } })).toEqual({
      payer_id: 'p-1',
      ...rules,
      filing_limit_days: 30,
    });
    // A change by itself each: the state it was opened with, the two that were set.
    expect(await pack.view('episode', params)).toMatchObject({
      history: [
        { status: 'open', at },
        { status: 'appealed', at: '2026-11-21T00:00:00.000Z' },
        { status: 'complete', at: '2026-11-21T00:00:00.000Z' },
      ],
    });
  });

  it('set what holds for a provider and a practice, which keep what a change does not name (M-24)', async () => {
    const pack = runPack('marb');
    const provider = { params: { provider_id: 'dr-1' } };
    expect(await pack.view('provider', provider.params)).toBeUndefined();
    expect(await pack.write('put_provider', { ...provider, body: { config: { days: 3 } } })).toEqual({
      provider_id: 'dr-1',
      config: { days: 3 },
    });
    expect(await pack.write('put_provider', { ...provider, body: {} })).toEqual({ provider_id: 'dr-1', config: { days: 3 } });
    expect(await pack.view('provider', provider.params)).toEqual({ provider_id: 'dr-1', config: { days: 3 } });
    const practice = { params: { practice_id: 'pr-1' } };
    const set = { practice_id: 'pr-1', name: 'North', config: { open: [8, 16] } };
    expect(await pack.write('put_practice_config', { ...practice, body: { name: 'North', config: { open: [8, 16] } } })).toEqual(set);
    expect(await pack.write('put_practice_config', { ...practice, body: { name: 'South' } })).toEqual({ ...set, name: 'South' });
    expect(await pack.view('practice_config', practice.params)).toEqual({ ...set, name: 'South' });
    // A name of a provider is a person's, and taken by nobody.
    expect(await pack.write('put_provider', { ...provider, body: { name: 'Anna' } })).toEqual({ errors: [''] });
  });

  it('track events of studyin by their short names, with the session beside the properties (S-29)', async () => {
    const pack = runPack('studyin');
    const body = { event_type: 'session_start', properties: { course_id: 'AAA' }, session_id: 's-1', occurred_at: at };
    expect(await pack.write('track', { body: { ...body, event_id: 'e-1' }, by: 'u-1' })).toEqual({
      accepted: true,
      event_id: 'e-1',
      receipt: 'tgr1.x',
    });
    // Without an id each has one of its own: equal payloads are then different events (D-02).
    expect(await pack.write('track', { body, by: 'u-1' })).toMatchObject({ event_id: 'made-2' });
    expect(await pack.write('track', { body, by: 'u-1' })).toMatchObject({ event_id: 'made-3' });
    expect(pack.ask({ metric: 'learning.starts', kind: 'summary', measures: ['sessions'], from: '2026-11-01', to: '2026-12-01' })).toEqual([
      [3],
    ]);
    expect(await pack.write('track', { body: { event_type: 'level_up', properties: { level: 0 } }, by: 'u-1' })).toEqual({
      errors: ['properties.level'],
    });
  });

  it('track an event of every type about a learner in the one shape that all have, its session among it (S-01)', async () => {
    const pack = runPack('studyin');
    const files = ['learning.ndjson', 'coach.ndjson', 'system.ndjson'].map((file) =>
      readFileSync(packFile('studyin', `samples/${file}`), 'utf8'),
    );
    const samples = files.flatMap((text) =>
      text
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Sample),
    );
    const ofLearners = samples.filter(({ subject }) => subject !== undefined);
    expect(new Set(ofLearners.map(({ type }) => type)).size).toBeGreaterThanOrEqual(11);
    for (const [at, { type, occurred_at, subject, data }] of ofLearners.entries()) {
      const { session_id: _session, ...properties } = data;
      const body = { event_id: `s-${at}`, event_type: type, occurred_at, user_id: subject, session_id: `session-${at}`, properties };
      expect([type, await pack.write('track', { body })]).toMatchObject([type, { accepted: true, event_id: `s-${at}` }]);
    }
    const others = samples.filter(({ subject }) => subject === undefined);
    expect(others.length).toBeGreaterThan(0);
    for (const { type, occurred_at, data } of others) {
      const body = { event_type: type, occurred_at, properties: data };
      expect([type, await pack.write('track', { body })]).toMatchObject([type, { accepted: true }]);
    }
  });

  it('record, change and take back activities, food and bodies of fitness (F-39)', async () => {
    const pack = runPack('fitness');
    const kinds = [
      ['activity', { sport: 'run', started_at: at, distance_m: 5_000, elapsed_time_s: 1_500 }, { distance_m: 6_000 }],
      ['nutrition', { logged_on: '2026-11-02', calories: 500, protein_g: 20, carbs_g: 60, fat_g: 10 }, { calories: 450.5 }],
      ['body', { measured_on: '2026-11-02', weight_kg: 70.2, body_fat_pct: 18 }, { weight_kg: 70.1 }],
    ] as const;
    for (const [kind, body, change] of kinds) {
      const recorded = (await pack.write(`record_${kind}`, { body, by: 'u-1' })) as { id: string };
      expect(recorded).toMatchObject(body);
      const params = { id: recorded.id };
      expect(await pack.write(`change_${kind}`, { params, body: change, by: 'u-1' })).toMatchObject({
        ...body,
        ...change,
        id: recorded.id,
      });
      expect(await pack.write(`change_${kind}`, { params, body: change, by: 'u-2' })).toBeUndefined();
      expect(await pack.write(`delete_${kind}`, { params, by: 'u-1' })).toEqual({ id: recorded.id, deleted: true });
      expect(await pack.write(`delete_${kind}`, { params, by: 'u-1' })).toBeUndefined();
    }
  });
});

it('healthtrack: who registers is told what is kept of them, and it is read back; what a person cannot be is refused (synthetic)', async () => {
  const pack = runPack('healthtrack');
  const told = { email: 'anna@example.org', username: 'anna', full_name: 'Anna A.', sex: 'female', height_cm: 170, tz: 'Europe/Oslo' };
  const sensitive = { date_of_birth: '1990-05-01', medical_history: 'none to speak of' };
  const kept = {
    id: 'usr_1',
    sex: 'female',
    height_cm: 170,
    health_status: null,
    tz: 'Europe/Oslo',
    created_at: '2026-11-21T00:00:00.000Z',
  };
  expect(await pack.write('register', { by: 'usr_1', body: { ...told, ...sensitive } })).toEqual({
    ...kept,
    ...{ email: 'anna@example.org', username: 'anna', full_name: 'Anna A.' },
  });
  expect(await pack.view('profile', { user_id: 'usr_1' })).toEqual({
    ...kept,
    ...{ email: 'sealed', username: 'sealed', full_name: 'sealed' },
  });
  const { full_name: _, ...nameless } = told;
  expect(await pack.write('register', { by: 'usr_2', body: nameless })).toEqual({ errors: ['full_name'] });
  expect(await pack.write('register', { by: 'usr_2', body: { ...told, height_cm: 17 } })).toEqual({ errors: ['height_cm'] });
  expect(await pack.write('register', { by: 'usr_2', body: { ...told, password: 'Correct-Horse-9' } })).toEqual({ errors: [''] });
  expect(await pack.view('profile', { user_id: 'usr_2' })).toBeUndefined();
});
