import { expect, test } from 'vitest';
import { defineConfig, readConfig } from './config.ts';
import { redisFields, redisTarget } from './redis-fields.ts';

const definition = defineConfig('sample', redisFields);

function targetOf(env: Readonly<Record<string, string>>) {
  const reading = readConfig(definition, env);
  if (!reading.ok) throw new Error(JSON.stringify(reading.faults));
  return redisTarget(reading.value);
}

test('without any setting Redis is on this machine', () => {
  expect(targetOf({})).toEqual({ address: { host: 'localhost', port: 6_379, db: 0, tls: false }, connectTimeoutMs: 2_000 });
});

test('the parts say where Redis is, an empty one being unset', () => {
  const env = { REDIS_HOST: 'cache', REDIS_PORT: '7000', REDIS_DB: '3', REDIS_PASSWORD: 'p:w/1', REDIS_SSL: 'true', REDIS_TIMEOUT: '0.5' };
  expect(targetOf({ ...env, REDIS_URL: '' })).toEqual({
    address: { host: 'cache', port: 7_000, db: 3, password: 'p:w/1', tls: true },
    connectTimeoutMs: 500,
  });
});

test('the URL wins over the parts, and is by TLS where either says so', () => {
  expect(targetOf({ REDIS_URL: 'redis://one:1', REDIS_HOST: 'two', REDIS_DB: '9' }).address).toEqual({ url: 'redis://one:1' });
  expect(targetOf({ REDIS_URL: 'redis://one:1', REDIS_SSL: 'yes' }).address).toEqual({ url: 'rediss://one:1' });
  expect(targetOf({ REDIS_URL: 'rediss://one:1', REDIS_SSL: 'false' }).address).toEqual({ url: 'rediss://one:1' });
});

test('a wrong one is named, and a wrong URL not repeated', () => {
  const reading = readConfig(definition, { REDIS_URL: 'http://user:secret@one', REDIS_PORT: '70000', REDIS_TIMEOUT: 'soon' });
  const faults = reading.ok ? [] : reading.faults;
  expect(faults.map(({ env }) => env)).toEqual(['REDIS_URL', 'REDIS_PORT', 'REDIS_TIMEOUT']);
  expect(JSON.stringify(faults)).not.toContain('secret');
});
