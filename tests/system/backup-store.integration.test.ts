import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { promisify } from 'node:util';
import { runProgram } from '@tidegate/cli';
import { postgresPrograms, repositoryRoot } from '@tidegate/native';
import { migrate } from '@tidegate/postgres';
import { createScratchDatabase, type ScratchDatabase } from '@tidegate/postgres/scratch';
import { S3_CREDENTIALS, startS3Server, type S3Server } from '@tidegate/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';

const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), 'tidegate-backups-'));
const [local, brought, keyFile] = ['local', 'brought', 'key'].map((name) => join(folder, name));
if (local === undefined || brought === undefined || keyFile === undefined) throw new Error('there are three');
let server: S3Server;
let lost: ScratchDatabase;
let fresh: ScratchDatabase;
let programs: string;

beforeAll(async () => {
  for (const made of [local, brought]) mkdirSync(made);
  writeFileSync(keyFile, 'a passphrase of the test\n', { mode: 0o600 });
  [server, lost, fresh] = await Promise.all([startS3Server(), createScratchDatabase(), createScratchDatabase()]);
  programs = await postgresPrograms({ dataDir: join(folder, 'programs'), log: () => undefined });
  await migrate({ databaseUrl: lost.url });
}, 300_000);

afterAll(async () => {
  server.close();
  await Promise.all([lost.drop(), fresh.drop()]);
  rmSync(folder, { recursive: true, force: true });
});

function script(name: string, of: { readonly databaseUrl: string; readonly backups: string }) {
  const env = { PATH: `${programs}:${process.env['PATH'] ?? ''}`, BACKUP_KEY_FILE: String(keyFile), BACKUP_UMASK: '027' };
  const own = { DATABASE_URL: of.databaseUrl, BACKUP_DIR: of.backups };
  return run('sh', [join(repositoryRoot, 'k8s/chart/files/backup', name)], { env: { ...env, ...own } });
}

async function tidegate(...args: readonly string[]) {
  let [out, err] = ['', ''];
  const s3 = {
    BACKUP_S3_ENDPOINT: server.endpoint,
    BACKUP_S3_BUCKET: S3_CREDENTIALS.bucket,
    BACKUP_S3_REGION: S3_CREDENTIALS.region,
    BACKUP_S3_ACCESS_KEY_ID: S3_CREDENTIALS.accessKeyId,
    BACKUP_S3_SECRET_ACCESS_KEY: S3_CREDENTIALS.secretAccessKey,
  };
  const code = await runProgram(['backup', ...args], {
    env: { NO_COLOR: '1', ...s3 },
    stdin: new PassThrough(),
    stdout: { write: (text: string) => void (out += text) },
    stderr: { write: (text: string) => void (err += text) },
  });
  return { code, out, err };
}

test(
  'a dump goes to an object store, comes back from there, and makes the database that it was made of',
  { timeout: 120_000 },
  async () => {
    const MARK = 'a tenant that is in the dump';
    await lost.query(`INSERT INTO tenant (tenant, title) VALUES ('marked', '${MARK}')`);
    expect(await tidegate('push', local)).toMatchObject({ code: 1, err: expect.stringContaining('holds no whole backup') });
    await script('backup.sh', { databaseUrl: lost.url, backups: local });
    const [name = ''] = readdirSync(local);
    expect(await tidegate('push', local)).toMatchObject({ code: 0, out: `${name} is in ${server.endpoint}/cold\n` });
    expect((await tidegate('list')).out).toContain(name);
    // What lies there is as encrypted as it was here.
    expect(Buffer.concat([...server.objects.values()]).includes(MARK)).toBe(false);
    expect(await tidegate('pull', brought, '--name', '20200101T000000Z')).toMatchObject({
      code: 1,
      err: expect.stringContaining('has no backup'),
    });
    expect(await tidegate('pull', brought)).toMatchObject({ code: 0 });
    expect(readdirSync(brought)).toEqual([name]);
    await script('restore.sh', { databaseUrl: fresh.url, backups: brought });
    expect(await fresh.query(`SELECT title FROM tenant WHERE tenant = 'marked'`)).toEqual([{ title: MARK }]);
    const count = 'SELECT count(*)::int AS n FROM schema_migration';
    expect(await fresh.query(count)).toEqual(await lost.query(count));
  },
);
