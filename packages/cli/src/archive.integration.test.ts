import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { createMigratedDatabase } from '@tidegate/postgres/scratch';
import type { ScratchDatabase } from '@tidegate/postgres/scratch';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runProgram } from './program.ts';

let database: ScratchDatabase;
let folder: string;

beforeAll(async () => {
  database = await createMigratedDatabase();
  folder = await mkdtemp(join(tmpdir(), 'tidegate-cli-archive-'));
  await database.query(`SELECT ensure_raw_day('2026-08-01')`);
  await database.query(
    `INSERT INTO raw_event VALUES ('acme', 'e', '', 't', 'ab', now(), '2026-08-01T10:00:00Z', 0, 0, 1, 1, '{"n":1}', NULL, false)`,
  );
  await database.query(`UPDATE raw_day SET state = 'closed', closed_at = now()`);
});

afterAll(async () => {
  await database.drop();
  await rm(folder, { recursive: true });
});

const run = (args: readonly string[], env: Readonly<Record<string, string>> = {}) => runUntil(args, env, () => false);

/** Stopped once what it has written is enough. */
async function runUntil(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  isEnough: (said: { readonly out: string; readonly err: string }) => boolean,
) {
  let [out, err] = ['', ''];
  const stop = new AbortController();
  const look = (): void => {
    if (isEnough({ out, err })) stop.abort();
  };
  const keys = { FIELD_KEYS: Buffer.alloc(32, 1).toString('base64'), ARCHIVE_FOLDER: folder };
  const code = await runProgram(['archive', ...args], {
    env: { DATABASE_URL: database.url, NO_COLOR: '1', ...keys, ...env },
    stdin: new PassThrough(),
    signal: stop.signal,
    stdout: {
      write(text) {
        out += text;
        look();
      },
    },
    stderr: {
      write(text) {
        err += text;
        look();
      },
    },
  });
  return { code, out, err };
}

describe('tidegate archive', () => {
  it('archives what is due, lists it, and brings a dropped day back', async () => {
    expect((await run(['list'])).out).toBe('Nothing is archived.\n');
    expect(await database.query('SELECT FROM archive_run')).toHaveLength(0);
    await run(['run', '--day', '2026-08-02']);
    expect(await database.query('SELECT FROM archive_run')).toHaveLength(0);
    expect((await run(['run', '--after-days', '36500'])).out).toContain('Nothing to archive');
    expect(await database.query('SELECT FROM archive_run')).toHaveLength(1);
    const { out } = await run(['run', '--after-days', '0']);
    expect(out).toMatch(/^to .*\n2026-08-01 archived: 1 rows in 1 files of 0\.\d+ MB\n$/);
    expect(JSON.parse((await run(['list', '--json'])).out)).toMatchObject([{ day: '2026-08-01', round: 1, rows: 1, raw_day: 'closed' }]);
    expect(await run(['restore', '2026-08-01'])).toMatchObject({ code: 1, err: 'The rows of 2026-08-01 are there.\n' });
    expect(await database.query(`SELECT drop_raw_day('2026-08-01', true) AS outcome`)).toEqual([{ outcome: 'dropped' }]);
    expect((await run(['restore', '2026-08-01', '--keep-days', '2'])).out).toBe('2026-08-01 restored: 1 rows, kept for 2 days\n');
    expect(await database.query('SELECT event_id, data FROM raw_event')).toEqual([{ event_id: 'e', data: { n: 1 } }]);
    expect((await run(['list'])).out).toMatch(/2026-08-01 +1 +1 +1 .* open /);
  });

  it('notes the end of a run, and of no run that breaks off', async () => {
    await database.query(`UPDATE archive_run SET ended_at = 'epoch'`);
    const lacking = { ARCHIVE_S3_ENDPOINT: 'http://127.0.0.1:1', ARCHIVE_S3_BUCKET: 'b' };
    const keys = { ARCHIVE_S3_ACCESS_KEY_ID: 'a', ARCHIVE_S3_SECRET_ACCESS_KEY: 's' };
    await database.query(`UPDATE raw_day SET state = 'closed', closed_at = now(), archived_at = NULL`);
    await database.query('DELETE FROM raw_archive');
    const ended = async () =>
      (await database.query<{ is_old: boolean }>(`SELECT ended_at = 'epoch' AS is_old FROM archive_run`))[0]?.is_old;
    expect([(await run(['run', '--after-days', '0'], { ...lacking, ...keys })).code, await ended()]).toEqual([1, true]);
    expect([(await run(['run', '--after-days', '0'])).code, await ended()]).toEqual([0, false]);
  });

  it('stays, runs again after a run that failed too, and ends when it is stopped', async () => {
    await database.query(`UPDATE raw_day SET state = 'closed', closed_at = now(), archived_at = NULL`);
    await database.query('DELETE FROM raw_archive');
    const lacking = { ARCHIVE_S3_ENDPOINT: 'http://127.0.0.1:1', ARCHIVE_S3_BUCKET: 'b' };
    const keys = { ARCHIVE_S3_ACCESS_KEY_ID: 'a', ARCHIVE_S3_SECRET_ACCESS_KEY: 's' };
    const often = ['run', '--after-days', '0', '--every', '0.0001'];
    const failed = await runUntil(often, { ...lacking, ...keys }, ({ err }) => err.split('\n').length > 2);
    expect(failed.code).toBe(0);
    // The second time there is nothing left to do.
    const key = join(folder, 'field-keys');
    await writeFile(key, `${Buffer.alloc(32, 1).toString('base64')}\n`);
    const done = await runUntil(often, { FIELD_KEYS: '', FIELD_KEYS_FILE: key }, ({ out }) => out.includes('Nothing to archive'));
    expect([done.code, done.out]).toEqual([0, expect.stringContaining('2026-08-01 archived: 1 rows')]);
    expect(await run(['run', '--every', '0'])).toMatchObject({ code: 1, err: '--every is a number of hours above 0, at most 500.\n' });
  });

  it('says what it lacks', async () => {
    expect(await run(['restore', '2026-08-02'])).toMatchObject({ code: 1, err: '2026-08-02 is not archived.\n' });
    expect(await run(['restore', 'yesterday'])).toMatchObject({ code: 1, err: 'A day is a date such as 2026-11-29.\n' });
    expect(await run(['run'], { FIELD_KEYS: '' })).toMatchObject({ code: 1, err: 'FIELD_KEYS is not set.\n' });
    const lacking = { ARCHIVE_S3_ENDPOINT: 'http://127.0.0.1:1' };
    expect(await run(['run'], lacking)).toMatchObject({ code: 1, err: 'ARCHIVE_S3_BUCKET is not set.\n' });
  });
});
