import { expect, test } from 'vitest';
import { defineConfig, readConfig } from './config.ts';
import { databaseFields, databaseTarget, databaseUrlOf, directDatabaseField, directDatabaseUrlOf } from './database-fields.ts';

function urlOf(env: Readonly<Record<string, string>>): string {
  const reading = readConfig(defineConfig('sample', databaseFields), env, () => 'of the file\n');
  if (!reading.ok) throw new Error(JSON.stringify(reading.faults));
  return databaseUrlOf(reading.value);
}

const PARTS = { DB_HOST: 'db', DB_PORT: '7000', DB_NAME: 'events', DB_USER: 'writer', DB_PASSWORD: 'p:w/1@?#%' };

test('the parts make a URL, whatever characters they hold', () => {
  // RFC 3986, section 2.1: `:` is %3A, `/` %2F, `@` %40, `?` %3F, `#` %23, `%` %25.
  expect(urlOf(PARTS)).toBe('postgres://writer:p%3Aw%2F1%40%3F%23%25@db:7000/events');
  expect(urlOf({ DB_HOST: 'db' })).toBe('postgres://tidegate@db:5432/tidegate');
  expect(urlOf({ DB_HOST: '::1', DB_PASSWORD_FILE: '/secret' })).toBe('postgres://tidegate:of%20the%20file@[::1]:5432/tidegate');
});

test('the URL wins over the parts', () => {
  expect(urlOf({ ...PARTS, DATABASE_URL: 'postgres://one/two?sslmode=require' })).toBe('postgres://one/two?sslmode=require');
});

test('without a URL and a host nothing is guessed', () => {
  expect(() => urlOf({ DB_NAME: 'events' })).toThrow('DATABASE_URL is not set');
});

test('what holds a session goes past a pooler of transactions, and nothing starts without a way past it', () => {
  const settingsOf = (env: Readonly<Record<string, string>>) => {
    const reading = readConfig(defineConfig('sample', { ...databaseFields, ...directDatabaseField }), env);
    if (!reading.ok) throw new Error(JSON.stringify(reading.faults));
    return reading.value;
  };
  const pooled = { DATABASE_URL: 'postgres://pooler/two', DATABASE_POOLER: 'transaction' };
  expect(databaseTarget(settingsOf(pooled))).toEqual({ databaseUrl: 'postgres://pooler/two', pooler: 'transaction' });
  expect(directDatabaseUrlOf(settingsOf({ ...pooled, DATABASE_DIRECT_URL: 'postgres://one/two' }))).toBe('postgres://one/two');
  expect(() => directDatabaseUrlOf(settingsOf(pooled))).toThrow('DATABASE_DIRECT_URL is not set, but DATABASE_POOLER is');
  expect(directDatabaseUrlOf(settingsOf({ DATABASE_URL: 'postgres://one/two' }))).toBe('postgres://one/two');
});
