import { createTracker, type EventInput, type Tracker } from '@tidegate/sdk';
import { expect, test } from 'vitest';
import { runPack } from './pack-in-process.ts';

test('each call of the tracker is an event that pack studyin takes', async () => {
  const sent: EventInput[] = [];
  const tracker: Tracker = createTracker({
    source: 'campus',
    client: {
      async send(events) {
        for await (const event of events) if (typeof event !== 'string') sent.push(event);
        return { accepted: 1, rejected: [], receipts: [] };
      },
    },
  });
  const occurredAt = new Date('2026-11-20T10:00:00Z');
  tracker.track('learning.assessment.submitted', { subject: 'ada', occurredAt, data: { assessment_id: 'a-1', score: 71.5 } });
  tracker.trackSessionStarted('ada', { session_id: 's-1', material_id: 'm-1', course_id: 'anatomy', device: 'web' });
  tracker.trackSessionEnded('ada', { session_id: 's-1', duration_seconds: 600.5, xp_earned: 40 });
  tracker.trackMaterial('ada', 'viewed', { material_id: 'm-1', material_type: 'video', seconds: 12 });
  tracker.trackMaterial('ada', 'completed', { material_id: 'm-1', material_type: 'quiz', score: 87.5 });
  tracker.trackXp('ada', { xp_amount: 40, reason: 'session' });
  tracker.trackLevel('ada', 2);
  tracker.trackAchievement('ada', 'first-quiz');
  tracker.trackStreak('ada', 3);
  tracker.trackCoachMessage('ada', { conversation_id: 'c-1', role: 'coach', topic: 'muscles', response_ms: 1_200, tokens: 90 });
  tracker.trackCoachRating('ada', { conversation_id: 'c-1', rating: 5 });
  tracker.trackRequest({ method: 'GET', route: '/courses/{id}', status_code: 200, duration_ms: 12.345, authenticated: true, bytes: 10 });
  tracker.trackError({ error_type: 'TimeoutError', route: '/courses/{id}', service: 'web' });
  await tracker.close();

  // The pack is asked as of a day in November 2026.
  const events = sent.map((event) => JSON.stringify({ ...event, occurred_at: occurredAt.getTime() }));
  expect(runPack('studyin').send(events)).toEqual(events.map(() => null));
  expect(new Set(sent.map(({ id }) => id)).size).toBe(13);
  expect(new Set(sent.map(({ source }) => source))).toEqual(new Set(['campus']));
  expect(sent[0]?.occurred_at).toBe(occurredAt.getTime());
});
