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
