import { expect, it } from 'vitest';
import { runCommand } from '../test/run-command.ts';

const STATE = { state: 'rejected', copies: 0, received_at: '2026-11-20T10:00:00.000Z', partition: 3, offset: 42, reason: 'field_missing' };

it('asks for one event by its id, source, subject and receipt, and shows what became of it', async () => {
  const { request, out } = await runCommand(['event', 'e 1/2', '--source', 'shop', '--subject', 'jane'], () => Response.json(STATE));
  expect(request).toBe('GET /v1/events/e%201%2F2?source=shop&subject=jane');
  expect(out).toMatch(/rejected.*field_missing/);
});
