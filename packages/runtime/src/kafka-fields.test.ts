import { expect, test } from 'vitest';
import { defineConfig, readConfig } from './config.ts';
import { kafkaFields, kafkaTarget } from './kafka-fields.ts';

function targetOf(env: Readonly<Record<string, string>>) {
  const reading = readConfig(defineConfig('sample', kafkaFields), { KAFKA_BROKERS: 'one:9092', ...env }, () => 'PEM of the file\n');
  if (!reading.ok) throw new Error(JSON.stringify(reading.faults));
  return kafkaTarget(reading.value);
}

const USER = { KAFKA_SASL_USERNAME: 'tidegate', KAFKA_SASL_PASSWORD: 'p:w/1' };

test('without more than brokers they are reached in plain text and not told who asks', () => {
  expect(targetOf({})).toEqual({ kind: 'platformatic', brokers: ['one:9092'] });
});

test('user, password and authorities go to the client as they are set', () => {
  expect(targetOf({ ...USER, KAFKA_SASL_MECHANISM: 'SCRAM-SHA-512', KAFKA_TLS: 'true', KAFKA_TLS_CA_FILE: '/ca.pem' })).toEqual({
    kind: 'platformatic',
    brokers: ['one:9092'],
    sasl: { mechanism: 'SCRAM-SHA-512', username: 'tidegate', password: 'p:w/1' },
    ssl: { ca: 'PEM of the file' },
  });
  expect(targetOf({ KAFKA_TLS: 'yes' }).ssl, "the runtime's authorities").toEqual({});
});

test.each([
  { what: 'a user without a mechanism', env: USER, names: 'KAFKA_SASL_MECHANISM' },
  { what: 'a mechanism without a user', env: { KAFKA_SASL_MECHANISM: 'PLAIN' }, names: 'KAFKA_SASL_USERNAME' },
  { what: 'a user without a password', env: { KAFKA_SASL_MECHANISM: 'PLAIN', KAFKA_SASL_USERNAME: 'x' }, names: 'KAFKA_SASL_PASSWORD' },
  { what: 'authorities without TLS', env: { KAFKA_TLS_CA: 'PEM' }, names: 'KAFKA_TLS ' },
])('$what is refused by name, not left unused', ({ env, names }) => {
  expect(() => targetOf(env)).toThrow(`kafka: ${names}`);
});
