import { PassThrough } from 'node:stream';
import { createControlStore } from '@tidegate/postgres';
import { createMigratedDatabase, type ScratchDatabase } from '@tidegate/postgres/scratch';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runProgram } from './program.ts';

let database: ScratchDatabase;
beforeAll(async () => {
  database = await createMigratedDatabase();
});
afterAll(async () => database.drop());

async function run(args: readonly string[], env: Readonly<Record<string, string>> = { DATABASE_URL: database.url }) {
  let [out, err] = ['', ''];
  const code = await runProgram(args, {
    env,
    stdin: new PassThrough(),
    stdout: { write: (text) => (out += text) },
    stderr: { write: (text) => (err += text) },
  });
  return { code, out, err };
}

test('`tidegate tenants create` gives a new installation its first tenant and a key that may make others, once', async () => {
  const made = await run(['tenants', 'create', 'clinic', '--title', 'The clinic']);
  expect(made).toMatchObject({ code: 0, err: '' });
  expect(JSON.parse(made.out)).toMatchObject({ tenant: 'clinic', key: expect.stringMatching(/^tg_live_/) });
  const store = createControlStore({ databaseUrl: database.url });
  try {
    const keys = await store.listKeys('clinic');
    expect(keys.map(({ name, scopes }) => [name, scopes.includes('tenant:admin')])).toEqual([['first', true]]);
  } finally {
    await store.close();
  }
  expect(await run(['tenants', 'create', 'clinic'])).toMatchObject({ code: 1, err: expect.stringContaining('is there already') });
  expect(await run(['tenants', 'create', 'The Clinic'])).toMatchObject({ code: 1, err: expect.stringContaining('named by a letter') });
});

test('`tidegate topics ensure` enters Kafka with the settings of the services', async () => {
  const env = { DATABASE_URL: database.url, KAFKA_BROKERS: '127.0.0.1:1', KAFKA_SASL_MECHANISM: 'PLAIN' };
  expect(await run(['topics', 'ensure'], env)).toMatchObject({ code: 1, err: expect.stringContaining('KAFKA_SASL_USERNAME must be set') });
});
