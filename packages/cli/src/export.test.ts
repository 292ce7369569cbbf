import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCommand } from '../test/run-command.ts';

const ID = '0192f0aa-0000-7000-8000-000000000001';
const STATE = { export_id: ID, status: 'queued', poll_url: `/v1/exports/${ID}`, job_url: `/v1/jobs/${ID}`, location: `exports/acme/${ID}` };
const JOB = { job_id: ID, status: 'completed', progress_pct: 100, progress: {}, error_code: null, poll_url: STATE.job_url };
// No text: decoded and encoded again it would be other bytes.
const FILE = Uint8Array.of(80, 65, 82, 49, 255, 254, 0, 128);
const PATH = 'events/a/date=2026-11-01/part-0.parquet';
const sha256 = createHash('sha256').update(FILE).digest('hex');
const manifest = (more: object = {}) => ({ rows: 12, files: [{ path: PATH, bytes: FILE.length, sha256, ...more }] });

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tidegate-cli-export-'));
});
afterEach(async () => rm(folder, { recursive: true }));

/** A gateway where the export is made at once. */
const run = (args: readonly string[], of: object = manifest(), job: object = JOB) =>
  runCommand(['export', ...args], ({ request }) => {
    if (request.startsWith('POST')) return Response.json(STATE, { status: 202 });
    if (request.endsWith('/manifest')) return Response.json(of);
    return request.includes('/files/') ? new Response(FILE) : Response.json(job);
  });

describe('tidegate export', () => {
  it('asks for what is named and says where it lies', async () => {
    const { code, out } = await run(['--last', '1d', '--events', 'all']);
    expect([code, out]).toEqual([0, `exports/acme/${ID}: 12 rows in 1 files\n`]);
    const flags = ['--from', '2026-11-01', '--to', '2026-11-03', '--format', 'csv', '--rollups', 'a,b', '--grain', 'hour', '--detach'];
    const { body } = await run(flags);
    expect(JSON.parse(body)).toEqual({ from: '2026-11-01', to: '2026-11-03', format: 'csv', rollups: ['a', 'b'], grain: 'hour' });
  });

  it('fetches the files byte by byte, and the manifest last', async () => {
    expect((await run(['--last', '1d', '--events', 'a', '--into', folder])).code).toBe(0);
    expect(new Uint8Array(await readFile(join(folder, PATH)))).toEqual(FILE);
    expect(JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8'))).toEqual(manifest());
  });

  it('leaves no manifest where a file is not what it says, or lies elsewhere', async () => {
    for (const [of, said] of [
      [{ sha256: 'a'.repeat(64) }, 'is not what the manifest says'],
      [{ path: '../outside' }, 'is no path below the folder'],
    ] as const) {
      const { code, err } = await run(['--last', '1d', '--events', 'a', '--into', folder], manifest(of));
      expect([code, err]).toEqual([1, expect.stringContaining(said)]);
    }
    expect(await readdir(folder)).toEqual([]);
  });

  it('says with which code it failed', async () => {
    const { code, err } = await run(['--last', '1d', '--events', 'a'], manifest(), {
      ...JOB,
      status: 'failed',
      error_code: 'archive_unread',
    });
    expect([code, err]).toEqual([1, 'The export is failed: archive_unread.\n']);
  });
});
