import { describe, expect, it } from 'vitest';
import { runCommand } from '../test/run-command.ts';
import type { CommandRun } from '../test/run-command.ts';

const run = (args: readonly string[], told: object): Promise<CommandRun> => runCommand(['cache', ...args], () => Response.json(told));
const cells = ({ out }: CommandRun): string[][] => {
  const [, , ...rows] = out.trim().split('\n');
  return rows.map((row) => row.split(/  +/));
};

describe('tidegate cache', () => {
  it('keys shows patterns, and marks what belongs to no pack', async () => {
    const patterns = [
      { class: 'marb.claim', pattern: 'claim:{claim_id}', entries: 2, bytes: 4_096, declared: true },
      { class: 'old.claim', pattern: 'claim:…', entries: 1, bytes: 900, declared: false },
    ];
    const shown = await run(['keys', '--class', 'marb.claim'], { patterns, is_cut: false });
    expect(shown.asked).toBe('GET /v1/admin/cache/keys?class=marb.claim');
    expect(cells(shown)).toEqual([
      ['marb.claim', 'claim:{claim_id}', '2', '4,096'],
      ['old.claim', 'claim:…', '1', '900', 'of no pack'],
    ]);
    expect((await run(['keys'], { patterns: [] })).out).toBe('Nothing is kept.\n');
  });

  it('advise shows what a lifetime should be', async () => {
    const one = { class: 'marb.claim', ttl_s: 1_800, hit_aim_pct: 60, hit_rate: 41.5, total: 12_000, changes_per_hour: 3, evictions: 0 };
    const classes = [
      { ...one, advice: 'longer', advised_ttl_s: 3_600 },
      { ...one, class: 'marb.payer', advice: 'keep', advised_ttl_s: 1_800 },
    ];
    const shown = await run(['advise', '--days', '14'], { days: 14, classes });
    expect(shown.asked).toBe('GET /v1/admin/cache/advice?days=14');
    expect(cells(shown)).toEqual([
      ['marb.claim', '41.5', '60', '12,000', '3', '0', '1,800', 'longer: 3600 s'],
      ['marb.payer', '41.5', '60', '12,000', '3', '0', '1,800', 'keep'],
    ]);
  });

  it('history draws the days, and sets the week beside the one before and the aim', async () => {
    const hourOf = (daysBack: number): string => new Date(Date.now() - daysBack * 86_400_000).toISOString().slice(0, 13) + ':00:00Z';
    const at = (of: string, daysBack: number, hits: number, misses: number) => ({ class: of, hour: hourOf(daysBack), hits, misses });
    // Claims: 30 of 100 in this week, 180 of 200 in the one before. Payers: 95 of 100 on one of two days, 5 of 5 on the other. A line of 80 has
    // room for ten characters, so of sixteen days two are one.
    const history = [
      ...[at('marb.claim', 1, 30, 70), at('marb.claim', 8, 90, 10), at('marb.claim', 13, 90, 10), at('marb.claim', 14, 0, 1_000)],
      ...[at('marb.payer', 0, 95, 5), at('marb.payer', 2, 5, 0)],
    ];
    const classes = [
      { class: 'marb.claim', hit_aim_pct: 60 },
      { class: 'marb.payer', hit_aim_pct: null },
    ];
    const shown = await run(['history', '--days', '16'], { classes, history });
    expect(shown.asked).toBe('GET /v1/admin/cache?days=16');
    expect(cells(shown)).toEqual([
      ['marb.claim', '▁█·█···▃', '30.0', '90.0', '60.0', '100', 'below its aim'],
      ['marb.payer', '······██', '95.2', '–', '–', '105'],
    ]);
    const one = await run(['history', '--class', 'marb.payer', '--json'], { classes, history });
    expect([one.asked, (JSON.parse(one.out) as object[]).length]).toEqual(['GET /v1/admin/cache?days=90', 2]);
    expect((await run(['history'], { classes, history: [] })).out).toBe('Nothing was looked up.\n');
  });

  it('drop names one thing, and says what it did', async () => {
    const shown = await run(['drop', '--name', 'claim:123'], { dropped: 1 });
    expect([shown.asked, shown.out]).toEqual([
      'POST /v1/admin/cache/invalidate {"key":"claim:123"}',
      '1 mark is removed: what was kept under them is made anew.\n',
    ]);
    expect(await run(['drop'], {})).toMatchObject({ code: 1, calls: 0 });
    expect(await run(['drop', '--class', 'a.b', '--subject', 'u'], {})).toMatchObject({ code: 1, calls: 0 });
  });
});
