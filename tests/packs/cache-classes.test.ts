import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { compileViews, parsePack } from '@tidegate/core';
import type { CacheClass } from '@tidegate/core';
import { expect, test } from 'vitest';
import { parse } from 'yaml';

const root = join(import.meta.dirname, '../..');

/** Classes that views of the pack name. */
function classesOf(pack: string): ReadonlyMap<string, CacheClass> {
  const source = parsePack(parse(readFileSync(join(root, 'packs', pack, 'pack.yaml'), 'utf8')));
  if (!source.ok) throw new Error(JSON.stringify(source.fault));
  return new Map([...compileViews(source.value).values()].flatMap(({ cache }) => (cache === null ? [] : [[cache.name, cache] as const])));
}

/** As the domains want them: lifetime, and how old an answer may be, in seconds; variable; aim in percent. */
test.each([
  ['novamind.patient', 300, 0, 'CACHE_TTL_PATIENT', null],
  ['novamind.practice', 900, 900, 'CACHE_TTL_PRACTICE', null],
  ['studyin.learner', 300, 0, 'CACHE_TTL_LEARNING', null],
  ['studyin.application', 15, 15, null, null],
  ['marb.risk_score', 3_600, 0, 'CACHE_TTL_RISK_SCORE', 80],
  ['marb.claim', 1_800, 0, 'CACHE_TTL_CLAIM', 60],
  ['marb.payer', 86_400, 0, 'CACHE_TTL_PAYER', 90],
  ['marb.remittance', 1_800, 1_800, 'CACHE_TTL_REMITTANCE', null],
  ['marb.episode', 1_800, 0, 'CACHE_TTL_EPISODE', null],
  ['marb.provider', 3_600, 0, 'CACHE_TTL_PROVIDER', null],
  ['marb.practice_config', 86_400, 0, 'CACHE_TTL_PRACTICE_CONFIG', null],
  ['healthtrack.recommendations', 3_600, 0, 'REDIS_CACHE_EXPIRE_INSIGHTS', 80],
  ['healthtrack.metrics_summary', 300, 0, 'REDIS_CACHE_EXPIRE_METRICS', 70],
  ['healthtrack.goals', 3_600, 0, null, 80],
  ['healthtrack.nutrition', 300, 0, null, 60],
  ['healthtrack.profile', 86_400, 0, null, 95],
  ['fitness.activities', 300, 0, null, null],
  ['fitness.efficiency_trends', 3_600, 0, null, null],
  ['fitness.correlations', 86_400, 0, null, null],
])('answers of %s live %i s, and may be %i s old', (of, ttlS, staleS, env, hitAimPct) => {
  const [pack = '', name = ''] = of.split('.');
  expect(classesOf(pack).get(name)).toEqual({ name, ttlMs: ttlS * 1_000, maxStalenessMs: staleS * 1_000, env, hitAimPct });
});
