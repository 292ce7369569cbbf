import { PassThrough } from 'node:stream';
import { createPersonKeyStore, createPool } from '@tidegate/postgres';
import { createScratchDatabase, type ScratchDatabase } from '@tidegate/postgres/scratch';
import { createKeyWrapper } from '@tidegate/runtime';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runProgram } from './program.ts';

let database: ScratchDatabase;
beforeAll(async () => {
  database = await createScratchDatabase();
  expect((await run(['db', 'migrate'], { DATABASE_URL: database.url })).code).toBe(0);
});
afterAll(async () => database.drop());

async function run(args: readonly string[], env: Readonly<Record<string, string>>) {
  let [out, err] = ['', ''];
  const code = await runProgram(args, {
    env,
    stdin: new PassThrough(),
    stdout: { write: (text) => (out += text) },
    stderr: { write: (text) => (err += text) },
  });
  return { code, out, err };
}

test('`tidegate keys rewrap` lets go of an old field key, and says which keys it could not open', async () => {
  const [old, fresh] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
  const settings = (...keys: readonly Uint8Array[]) => ({
    DATABASE_URL: database.url,
    FIELD_KEYS: keys.map((key) => Buffer.from(key).toString('base64')).join(','),
  });
  const pool = createPool({ databaseUrl: database.url, applicationName: 'test', connectionsMax: 1, statementTimeoutMs: 10_000 });
  const store = createPersonKeyStore(pool);
  const holder = { tenant: 'acme', subject: 'p1' };
  await store.insertOrRead([createKeyWrapper([old]).make(holder)]);

  expect(await run(['keys', 'rewrap'], settings(fresh))).toEqual({
    code: 1,
    out: '0 keys wrapped by the first of FIELD_KEYS\n',
    err: '1 keys are wrapped by a key that FIELD_KEYS lacks: they stay as they are.\n',
  });
  expect(await run(['keys', 'rewrap'], settings(fresh, old))).toEqual({
    code: 0,
    out: '1 keys wrapped by the first of FIELD_KEYS\n',
    err: '',
  });
  const [row] = await store.find([holder]);
  expect(row === undefined ? null : createKeyWrapper([fresh]).unwrap(row)).not.toBe(null);
  expect(await run(['keys', 'rewrap'], settings(fresh))).toEqual({ code: 0, out: '0 keys wrapped by the first of FIELD_KEYS\n', err: '' });

  const bad = await run(['keys', 'rewrap'], { ...settings(fresh), FIELD_KEYS: 'c2hvcnQtc2VjcmV0' });
  expect(bad).toMatchObject({ code: 1, out: '' });
  expect(bad.err).not.toContain('c2hvcnQtc2VjcmV0');
  await pool.end();
});
