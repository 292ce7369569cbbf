import { expect, it } from 'vitest';
import { runCommand } from '../test/run-command.ts';
import type { CommandRun } from '../test/run-command.ts';

const STATUS = {
  ...{ status: 'catching_up', complete_through: '2026-11-30T06:00:00.000Z', lag_ms: 7_200, durability: 'single' },
  partitions: [
    { partition: 0, next_offset: '1000', end_offset: '1250', lag_ms: 7_200, has_gap: false },
    { partition: 1, next_offset: '990', end_offset: '990', lag_ms: 0, has_gap: true },
  ],
  dependencies: { kafka: 'up', postgres: 'up', redis: 'down' },
};

const run = (args: readonly string[]): Promise<CommandRun> => runCommand(['status', ...args], () => Response.json(STATUS));

it('status shows each partition, what waits in it, and what the system stands on, or the answer as it is', async () => {
  const { out, request } = await run([]);
  expect(request).toBe('GET /v1/status');
  const lines = out.trimEnd().split('\n');
  expect(lines.slice(2, 4).map((line) => line.trim().split(/  +/))).toEqual([
    ['0', '1,000', '250', '7,200'],
    ['1', '990', '0', '0', 'lost events'],
  ]);
  expect(lines.slice(-2)).toEqual([
    'catching_up: 7200 ms behind, complete through 2026-11-30T06:00:00.000Z',
    'kafka up, postgres up, redis down, durability single',
  ]);
  expect(JSON.parse((await run(['--json'])).out)).toEqual(STATUS);
});
