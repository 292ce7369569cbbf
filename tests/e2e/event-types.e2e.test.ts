import { createLive, type LiveUpdate } from '@tidegate/sdk';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startSystem, type RunningSystem } from '../system/running-system.ts';

// Every event type of a pack in one run: sent, heard live, read back, counted in the statistics; beside them what is refused.
let system: RunningSystem;

beforeAll(async () => {
  system = await startSystem('types', { packs: ['studyin'] });
});

afterAll(async () => {
  await system?.stop();
});

const SESSION = { session_id: 's-1' };
const VIEWED = { ...SESSION, material_id: 'm-1', material_type: 'video', course_id: 'c-1', seconds: 60 };

/** One of each, as the pack declares them. */
const DATA: Readonly<Record<string, object>> = {
  'learning.session.started': { ...SESSION, material_id: 'm-1', course_id: 'c-1', device: 'web' },
  'learning.session.ended': { ...SESSION, course_id: 'c-1', duration_seconds: 600, xp_earned: 10 },
  'learning.material.viewed': VIEWED,
  'learning.material.completed': { ...VIEWED, score: 80 },
  'learning.assessment.submitted': { ...SESSION, assessment_id: 'a-1', banked: false, course_id: 'c-1', score: 70 },
  'learning.xp.awarded': { ...SESSION, xp_amount: 5, reason: 'session' },
  'learning.level.reached': { ...SESSION, level: 2 },
  'learning.achievement.unlocked': { ...SESSION, achievement_id: 'first' },
  'learning.streak.updated': { ...SESSION, streak_days: 3 },
  'learning.profile.updated': { time_zone: 'Europe/Oslo' },
  'learning.coach.messaged': { ...SESSION, conversation_id: 'k-1', role: 'user', topic: 'sums', response_ms: 900, tokens: 40 },
  'learning.coach.rated': { ...SESSION, conversation_id: 'k-1', rating: 4 },
  'system.request.completed': {
    ...{ method: 'GET', route: '/courses', status_code: 200, service: 'web', duration_ms: 12 },
    ...{ authenticated: true, bytes: 900 },
  },
  'system.error.raised': { error_type: 'TypeError', route: '/courses', service: 'web' },
  'experiment.exposed': { ...SESSION, experiment_key: 'colours', variant: 'b' },
  'experiment.goal': { ...SESSION, experiment_key: 'colours', goal: 'finished', value: 1 },
};
const TYPES = Object.keys(DATA);
const occurredAt = new Date().toISOString();

function eventOf(type: string, data: object | undefined = DATA[type]): object {
  // What the system says is about nobody.
  const subject = type.startsWith('system.') ? {} : { subject: 'learner-1' };
  return { id: `one-${type}`, type, ...subject, occurred_at: occurredAt, data };
}

interface Recent {
  readonly events: readonly { readonly id: string }[];
}

test('each of sixteen event types is heard live, read back and counted once; what is refused or a copy is counted as that', async () => {
  const live = createLive({ gateway: system.tidegate.gateway, apiKey: system.tidegate.adminKey });
  const heard: LiveUpdate[] = [];
  live.subscribe('events', { limit: 50 }, { onUpdate: (update) => void heard.push(update) });
  await expect.poll(() => heard.map(({ type }) => type), { timeout: 30_000 }).toEqual(['snapshot']);
  const good = TYPES.map((type) => eventOf(type));
  const [first] = good;
  const unknown = { ...eventOf('learning.nonsense', {}), id: 'bad-1' };
  const wrong = { ...eventOf('learning.session.started', { ...SESSION, device: 'fridge' }), id: 'bad-2' };
  const headers = { authorization: `Bearer ${system.tidegate.apiKey}`, 'content-type': 'application/x-ndjson' };
  const body = [...good, first, unknown, wrong].map((event) => `${JSON.stringify(event)}\n`).join('');
  const answer = await fetch(`${system.tidegate.gateway}/v1/events`, { method: 'POST', headers, body });
  const told = (await answer.json()) as { receipt: string; rejected: readonly { index: number; code: string }[] };
  expect(answer.status).toBe(207);
  // After sixteen good ones and a copy of the first.
  expect(told.rejected.map(({ index, code }) => [index, code])).toEqual([
    [17, 'type_unknown'],
    [18, 'field_invalid'],
  ]);
  expect(await system.client.counted([told.receipt], 60_000)).toBe(true);

  await expect
    .poll(() => TYPES.filter((type) => !JSON.stringify(heard.slice(1)).includes(`"one-${type}"`)), { timeout: 30_000 })
    .toEqual([]);
  expect(JSON.stringify(heard)).not.toContain('bad-');
  live.close();

  const read = async (path: string): Promise<unknown> => system.admin.call({ method: 'GET', path });
  for (const type of TYPES) {
    const { events } = (await read(`/v1/events/recent?type=${type}`)) as Recent;
    expect([type, events.map(({ id }) => id)]).toEqual([type, [`one-${type}`]]);
  }
  const statistics = async (): Promise<unknown> => {
    const { types, rejected, duplicates } = (await read('/v1/events/stats')) as {
      types: readonly { event_type: string; total: number }[];
      rejected: number;
      duplicates: number;
    };
    return { types: Object.fromEntries(types.map(({ event_type: type, total }) => [type, total])), rejected, duplicates };
  };
  const once = Object.fromEntries(TYPES.map((type) => [type, 1]));
  await expect.poll(statistics, { timeout: 30_000 }).toEqual({ types: once, rejected: 2, duplicates: 1 });
});
