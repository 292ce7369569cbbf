import { randomBytes } from 'node:crypto';
import { expect, expectTypeOf, test } from 'vitest';
import { ConfigError, defineConfig, loadConfig, readConfig } from './config.ts';
import { kafkaFields } from './kafka-fields.ts';
import { sharedFields } from './shared-fields.ts';
import { text } from './text-schema.ts';

const CONFIG = defineConfig('sample', {
  port: { env: 'LISTEN_PORT', schema: text.port(), default: '8080', description: 'Port.' },
  brokers: kafkaFields.kafkaBrokers,
  secret: sharedFields.secretKey,
  keys: sharedFields.fieldKeys,
  isOn: { env: 'IS_ON', schema: text.flag(), default: 'false', description: 'Whether.' },
});
const KEY_TEXT = 'k'.repeat(32);
const FIELD_KEY = Buffer.alloc(32, 7).toString('base64');
const GOOD = { KAFKA_BROKERS: 'a:9092, b:9093', SECRET_KEY: KEY_TEXT, FIELD_KEYS: `${FIELD_KEY},${FIELD_KEY}` };

test('settings arrive as typed values, defaults where nothing is set', () => {
  const config = loadConfig(CONFIG, { ...GOOD, IS_ON: 'yes' });
  expectTypeOf(config.port).toEqualTypeOf<number>();
  expectTypeOf(config.brokers).toEqualTypeOf<readonly string[]>();
  expect(config.port).toBe(8080);
  expect(config.brokers).toEqual(['a:9092', 'b:9093']);
  expect(config.secret).toEqual(new TextEncoder().encode(KEY_TEXT));
  expect(config.keys).toEqual([new Uint8Array(32).fill(7), new Uint8Array(32).fill(7)]);
  expect(config.isOn).toBe(true);
});

test('some of several words are named with commas between them, or none of them', () => {
  const words = text.choices(['time', 'errors']);
  expect(['time, errors', 'errors', 'none'].map((given) => words.parse(given))).toEqual([['time', 'errors'], ['errors'], []]);
  expect(words.safeParse('time,places').success).toBe(false);
});

test('every fault is reported at once, each with its variable', () => {
  const reading = readConfig(CONFIG, { LISTEN_PORT: '70000', IS_ON: 'perhaps', SECRET_KEY: 'short' });
  expect(reading.ok).toBe(false);
  if (reading.ok) return;
  expect(reading.faults.map((fault) => fault.env).sort()).toEqual(['FIELD_KEYS', 'IS_ON', 'KAFKA_BROKERS', 'LISTEN_PORT', 'SECRET_KEY']);
});

test('no fault repeats the value of a secret', () => {
  const planted = { ...GOOD, SECRET_KEY: 'hunter2-is-short', FIELD_KEYS: 'hunter2-is-not-a-key' };
  expect(() => loadConfig(CONFIG, planted)).toThrow(ConfigError);
  expect(() => loadConfig(CONFIG, planted)).toThrow(/SECRET_KEY.*at least 32 bytes/);
  expect(() => loadConfig(CONFIG, planted)).not.toThrow(/hunter2/);
});

test('a secret may come from a file, less its last line break', () => {
  const reading = readConfig(CONFIG, { ...GOOD, SECRET_KEY: undefined, SECRET_KEY_FILE: '/run/secret' }, (path) => `${path}${KEY_TEXT}\n`);
  expect(reading.ok && new TextDecoder().decode(reading.value.secret)).toBe(`/run/secret${KEY_TEXT}`);
});

test('a secret given twice, or by a file that is not there, is a fault', () => {
  const twice = readConfig(CONFIG, { ...GOOD, SECRET_KEY_FILE: '/run/secret' }, () => KEY_TEXT);
  expect(twice).toEqual({ ok: false, faults: [{ env: 'SECRET_KEY', problem: 'and SECRET_KEY_FILE are both set: keep one' }] });
  const absent = readConfig(CONFIG, { ...GOOD, SECRET_KEY: undefined, SECRET_KEY_FILE: '/no/such/file' });
  expect(absent).toEqual({ ok: false, faults: [{ env: 'SECRET_KEY_FILE', problem: 'names a file that cannot be read' }] });
});

test('a variable that is no secret is never read from a file', () => {
  const reading = readConfig(CONFIG, { ...GOOD, LISTEN_PORT_FILE: '/run/port' }, () => '1');
  expect(reading.ok && reading.value.port).toBe(8080);
});

test('in production a secret that was typed is refused, in a file too, and one that was drawn is taken; elsewhere either is', () => {
  const drawn = { SECRET_KEY: randomBytes(32).toString('hex'), FIELD_KEYS: randomBytes(32).toString('base64') };
  const faultsOf = (env: Readonly<Record<string, string>>): readonly string[] => {
    const reading = readConfig(CONFIG, { ...GOOD, ...env }, () => KEY_TEXT);
    return reading.ok ? [] : reading.faults.map((fault) => fault.env);
  };
  expect(faultsOf({ ENVIRONMENT: 'production', ...drawn })).toEqual([]);
  expect(faultsOf({ ENVIRONMENT: 'production' })).toEqual(['SECRET_KEY', 'FIELD_KEYS']);
  expect(faultsOf({ ENVIRONMENT: 'production', ...drawn, SECRET_KEY: '', SECRET_KEY_FILE: '/run/secret' })).toEqual(['SECRET_KEY']);
  // The old key of a rotation is judged too.
  expect(faultsOf({ ENVIRONMENT: 'production', ...drawn, FIELD_KEYS: `${drawn.FIELD_KEYS},${FIELD_KEY}` })).toEqual(['FIELD_KEYS']);
  expect(faultsOf({ ENVIRONMENT: 'staging' })).toEqual([]);
  expect(() => loadConfig(CONFIG, { ...GOOD, ENVIRONMENT: 'production' })).not.toThrow(KEY_TEXT);
});
