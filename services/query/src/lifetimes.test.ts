import { readConfig } from '@tidegate/runtime';
import { expect, test } from 'vitest';
import { queryConfig } from './config.ts';
import { createLifetimes, lifetimesOf } from './lifetimes.ts';
import type { LifetimeOf } from './lifetimes.ts';

const SECRET = 'a secret that is long enough for this';
const NEEDED = {
  DATABASE_URL: 'postgres://h/d',
  REDIS_URL: 'redis://h',
  KAFKA_BROKERS: 'h:9092',
  SECRET_KEY: SECRET,
  PSEUDONYM_SECRET: SECRET,
  FIELD_KEYS: Buffer.alloc(32, 1).toString('base64'),
};
const CLAIM = { pack: 'marb', cache: { name: 'claim', ttlMs: 1_800_000, maxStalenessMs: 0, env: 'CACHE_TTL_CLAIM', hitAimPct: 60 } };

function lifetimes(env: Readonly<Record<string, string>>): LifetimeOf {
  const config = readConfig(queryConfig, { ...NEEDED, ...env });
  if (!config.ok) throw new Error(JSON.stringify(config.faults));
  return createLifetimes(lifetimesOf(config.value));
}

test.each([
  ['the pack says', {}, 1_800],
  ['its variable says', { CACHE_TTL_CLAIM: '600' }, 600],
  ['the installation says of the class', { CACHE_TTL_CLAIM: '600', CACHE_TTLS: 'studyin.application=5, marb.claim=60' }, 60],
  ['an empty variable says nothing', { CACHE_TTL_CLAIM: '' }, 1_800],
])('a class lives as long as %s', (_, env, seconds) => {
  expect(lifetimes(env)(CLAIM)).toEqual({ of: 'marb.claim', ttlMs: seconds * 1_000, maxStalenessMs: 0 });
});

test('a lifetime cut short cuts how old an answer may be', () => {
  const cache = { ...CLAIM.cache, maxStalenessMs: 900_000 };
  expect(lifetimes({ CACHE_TTL_CLAIM: '60' })({ ...CLAIM, cache })?.maxStalenessMs).toBe(60_000);
});

test('nothing is kept where the cache is off, in any spelling, where a class says 0, and where there is no class', () => {
  expect([
    lifetimes({ ENABLE_REDIS_CACHE: 'False' })(CLAIM),
    lifetimes({})({ ...CLAIM, cache: { ...CLAIM.cache, ttlMs: 0 } }),
    lifetimes({})({ pack: 'marb', cache: null }),
  ]).toEqual([null, null, null]);
});

test.each([
  ['CACHE_TTL_CLAIM', '0'],
  ['CACHE_TTL_PAYER', '604801'],
  ['REDIS_CACHE_EXPIRE_INSIGHTS', '1.5'],
  ['CACHE_TTLS', 'marb.claim=0'],
  ['CACHE_TTLS', 'claim=5'],
])('%s=%s stops the start with the name of the variable', (env, value) => {
  const config = readConfig(queryConfig, { ...NEEDED, [env]: value });
  expect(config.ok ? [] : config.faults.map((fault) => fault.env)).toEqual([env]);
});
