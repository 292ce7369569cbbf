import { expect, test } from 'vitest';
import { runCommand } from '../test/run-command.ts';
import type { CommandRun } from '../test/run-command.ts';

const GAP = {
  gap: 'live-1-2-40',
  lane: 'live',
  partition: 1,
  log_generation: 2,
  from_offset: '40',
  to_offset: '55',
  found_at: '2026-11-28T12:00:00.000Z',
};

const run = (args: readonly string[]): Promise<CommandRun> =>
  runCommand(['gaps', ...args], () => Response.json({ gaps: [{ ...GAP, acknowledged: null }] }));

test('tidegate gaps lists gaps as a table, and acknowledges one with a reason alone', async () => {
  const listed = await run(['list']);
  expect(listed).toMatchObject({ code: 0, asked: 'GET /v1/admin/gaps' });
  expect(listed.out).toContain('live-1-2-40          1  40           55         2026-11-28T12:00:00.000Z');
  const word = 'POST /v1/admin/gaps/live-1-2-40/acknowledge {"reason":"power loss of November"}';
  expect(await run(['ack', 'live-1-2-40', '--reason', 'power loss of November'])).toMatchObject({ code: 0, asked: word });
  expect(await run(['ack', 'live-1-2-40'])).toMatchObject({ code: 1, asked: '' });
});
