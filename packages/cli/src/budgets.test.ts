import { describe, expect, it } from 'vitest';
import { runCommand } from '../test/run-command.ts';
import type { CommandRun } from '../test/run-command.ts';

const BUDGET = { metric: 'wiki.edits', dimension: 'page', day: '2026-11-29', values: 10_000, values_max: 10_000 };

const run = (args: readonly string[], budgets: readonly object[]): Promise<CommandRun> =>
  runCommand(['budgets', ...args], () => Response.json({ budgets }));

describe('tidegate budgets', () => {
  it.each([
    [[], 'GET /v1/budgets'],
    [['--metric', 'wiki.edits', '--days', '30', '--spent'], 'GET /v1/budgets?metric=wiki.edits&days=30&spent=true'],
  ])('%j asks for just that', async (args, asked) => {
    expect(await run(args, [])).toMatchObject({ code: 0, asked });
  });

  it('shows a row for each, or the answer as it is', async () => {
    const budgets = [
      { ...BUDGET, spent_at: '2026-11-29T10:00:00.000Z' },
      { ...BUDGET, dimension: 'country', values: 201, spent_at: null },
    ];
    const [, , ...rows] = (await run([], budgets)).out.trim().split('\n');
    expect(rows.map((row) => row.split(/  +/))).toEqual([
      ['wiki.edits', 'page', '2026-11-29', '10,000', '10,000', '2026-11-29T10:00:00.000Z'],
      ['wiki.edits', 'country', '2026-11-29', '201', '10,000', '–'],
    ]);
    expect(JSON.parse((await run(['--json'], budgets)).out)).toEqual({ budgets });
  });
});
