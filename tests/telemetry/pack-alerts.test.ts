import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { repositoryRoot } from '@tidegate/native';
import { afterAll, beforeEach, expect, it } from 'vitest';
import { stalePackAlerts } from '../../scripts/k8s/pack-alerts.ts';

const folder = mkdtempSync(join(tmpdir(), 'tidegate-packs-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeEach(() => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, 'packs/marb'), { recursive: true });
  mkdirSync(join(folder, 'infra/alerts'), { recursive: true });
  cpSync(join(repositoryRoot, 'packs/marb/pack.yaml'), join(folder, 'packs/marb/pack.yaml'));
  cpSync(join(repositoryRoot, 'infra/alerts/pack-marb.yaml'), join(folder, 'infra/alerts/pack-marb.yaml'));
});

it('the rules of packs are what their packs say, and no pack is without', () => {
  expect(stalePackAlerts(repositoryRoot)).toEqual([]);
  expect(stalePackAlerts(folder)).toEqual([]);
});

it('an aim that changed, a pack that came and one that went are seen', () => {
  const file = join(folder, 'packs/marb/pack.yaml');
  const text = readFileSync(file, 'utf8');
  writeFileSync(file, text.replace('hit_aim_pct: 60', 'hit_aim_pct: 61'));
  expect(stalePackAlerts(folder)).toEqual(['infra/alerts/pack-marb.yaml']);
  writeFileSync(file, text);
  mkdirSync(join(folder, 'packs/traces'));
  cpSync(join(repositoryRoot, 'packs/traces/pack.yaml'), join(folder, 'packs/traces/pack.yaml'));
  expect(stalePackAlerts(folder)).toEqual(['infra/alerts/pack-traces.yaml']);
  rmSync(join(folder, 'packs'), { recursive: true });
  expect(stalePackAlerts(folder)).toEqual(['infra/alerts/pack-marb.yaml']);
});

it('a pack that is not valid is told with its fault', () => {
  writeFileSync(join(folder, 'packs/marb/pack.yaml'), 'pack: marb\ntitle: Claims\nevents: {}\nmetrics: {}\naims: { fresh_s: 0 }\n');
  expect(() => stalePackAlerts(folder)).toThrow('packs/marb/pack.yaml: aims.fresh_s');
});
