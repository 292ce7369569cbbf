import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { readTier, removeTier, writeTier } from './tier-record.ts';

const home = mkdtempSync(join(tmpdir(), 'tidegate-tier-record-'));
const file = join(home, 'tier.json');
const TIER = { parts: [{ name: 'pgbouncer', port: 6432, what: 'transactions' }], settings: { DATABASE_POOLER: 'transaction' } };
afterEach(() => rmSync(home, { recursive: true, force: true }));

test('what a tier left outside of its data folder goes with its record, also of a release that wrote none down', () => {
  const folder = join(home, 'outside');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'pgbouncer.ini'), '');
  writeTier(file, { ...TIER, folders: [folder] });
  expect(readTier(file)).toEqual({ ...TIER, folders: [folder] });
  removeTier(file);
  expect([existsSync(folder), readTier(file)]).toEqual([false, null]);

  writeFileSync(file, JSON.stringify(TIER));
  expect(readTier(file)).toEqual({ ...TIER, folders: [] });
  removeTier(file);
  expect(existsSync(file)).toBe(false);
});
