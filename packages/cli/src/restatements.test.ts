import { expect, it } from 'vitest';
import { runCommand } from '../test/run-command.ts';
import type { CommandRun } from '../test/run-command.ts';

const ROW = {
  ...{ metric: 'wiki.edits', version: 2, grain: 'quarter_hour', bucket: '2026-11-01T09:15:00.000Z', cause: 'late_event', revision: 3 },
  ...{ first_at: '2026-11-03T00:00:00.000Z', restated_at: '2026-11-04T10:00:00.000Z' },
};

const run = (args: readonly string[], page: unknown): Promise<CommandRun> =>
  runCommand(['restatements', ...args], () => Response.json(page));

it('restated buckets of a range are a table, with the way to the next page', async () => {
  const page = { restatements: [ROW], next_cursor: 'abc' };
  const { code, out, asked } = await run(['wiki.edits', '--from', '2026-11-01T00:00:00Z', '--limit', '1'], page);
  expect([code, asked]).toEqual([0, 'GET /v1/restatements?metric=wiki.edits&from=2026-11-01T00%3A00%3A00Z&limit=1']);
  expect(out).toMatch(/2026-11-01T09:15:00\.000Z +wiki\.edits +2 +late_event +3 +2026-11-04T10:00:00\.000Z/);
  expect(out).toContain('More: --cursor abc');
  expect((await run([], { restatements: [], next_cursor: null })).out).toBe('No closed bucket was changed.\n');
  expect(JSON.parse((await run(['--json'], page)).out)).toEqual(page);
});
