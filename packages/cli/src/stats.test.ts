import { describe, expect, it } from 'vitest';
import { runCommand } from '../test/run-command.ts';
import type { CommandRun } from '../test/run-command.ts';

const STATS = {
  types: [
    { event_type: 'sale', total: 1_200, last_hour: 9_000, last_at: '2026-11-29T10:00:00.000Z' },
    { event_type: 'visit', total: 0, last_hour: 0, last_at: null },
  ],
  ...{ events_per_second: 20, rejected: 3, duplicates: 7, lag_ms: { p50: 9.4, p95: 40, p99: null } },
};

const run = (args: readonly string[]): Promise<CommandRun> => runCommand(['stats', ...args], () => Response.json(STATS));

describe('tidegate stats', () => {
  it('asks for the minutes that are given', async () => {
    expect(await run(['--minutes', '5'])).toMatchObject({ code: 0, asked: 'GET /v1/events/stats?minutes=5' });
    expect((await run([])).asked).toBe('GET /v1/events/stats');
  });

  it('shows a row for each type and a line of the whole, or the answer as it is', async () => {
    const lines = (await run([])).out.trim().split('\n');
    expect(lines.slice(2, 4).map((line) => line.split(/  +/))).toEqual([
      ['sale', '1,200', '9,000', '2026-11-29T10:00:00.000Z'],
      ['visit', '0', '0', '–'],
    ]);
    expect(lines.at(-1)).toBe('20 events a second, 3 rejected, 7 copies; counted after 9.4 ms, 40 ms, – (p50, p95, p99)');
    expect(JSON.parse((await run(['--json'])).out)).toEqual(STATS);
  });
});
