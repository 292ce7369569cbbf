import { readdirSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import { createScratchDatabase, type ScratchDatabase } from '@tidegate/postgres/scratch';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runProgram } from './program.ts';

let database: ScratchDatabase;
beforeAll(async () => {
  database = await createScratchDatabase();
});
afterAll(async () => database.drop());

async function migrate(env: Readonly<Record<string, string>>) {
  let [out, err] = ['', ''];
  const code = await runProgram(['db', 'migrate'], {
    env,
    stdin: new PassThrough(),
    stdout: { write: (text) => (out += text) },
    stderr: { write: (text) => (err += text) },
  });
  return { code, out, err };
}

test('`tidegate db migrate` brings a database to the newest schema, indexes included, and a second time finds nothing to do', async () => {
  const shipped = readdirSync(new URL('../../postgres/migrations/', import.meta.url)).toSorted();
  // Migrations go past a pooler: the direct address wins.
  const env = { DATABASE_DIRECT_URL: database.url, DATABASE_URL: 'postgres://127.0.0.1:1/nowhere' };
  expect(await migrate(env)).toEqual({ code: 0, out: `applied ${shipped.join(', ')}\n`, err: '' });
  expect(await migrate({ DATABASE_URL: database.url })).toEqual({ code: 0, out: `up to date (${shipped.length} migrations)\n`, err: '' });
  const indexes = await database.query<{ table: string }>(
    `SELECT DISTINCT tablename AS table FROM pg_indexes WHERE schemaname = 'public' AND tablename IN ('series', 'cell', 'api_key', 'dedup_block') ORDER BY 1`,
  );
  expect(indexes.map(({ table }) => table)).toEqual(['api_key', 'cell', 'dedup_block', 'series']);
});

test('without an address, or with one where nothing answers, it fails and says why', async () => {
  expect(await migrate({})).toMatchObject({ code: 1, out: '', err: expect.stringContaining('DATABASE_URL is not set') });
  const away = await migrate({ DATABASE_URL: 'postgres://user:hidden-word@127.0.0.1:1/nowhere' });
  expect(away).toMatchObject({ code: 1, out: '' });
  expect(away.err).not.toBe('');
  expect(away.err).not.toContain('hidden-word');
});
