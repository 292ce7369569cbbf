import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { onOwnTier } from '../drills/own-tier.ts';
import { TIER_DRILLS } from '../drills/tier-catalogue.ts';

const folder = mkdtempSync(join(tmpdir(), 'tidegate-patroni-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('Patroni replaces a primary that is killed, stands still or hands over within a minute: nothing is lost or doubled, no commit goes', async () => {
  const drill = onOwnTier('patroni', TIER_DRILLS.patroni);
  const { discrepancies, checks } = await drill({ seed: 1, say: () => undefined, minutes: 0.1, folder });
  expect(discrepancies).toEqual([]);
  const back = ['killed', 'paused', 'handed_over'].map((end) => checks[`${end}_writes_back_ms`] ?? Infinity);
  expect(Math.max(...back)).toBeLessThan(60_000);
}, 600_000);
