import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCommand } from '../test/run-command.ts';
import type { CommandRun } from '../test/run-command.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tidegate-rejected-'));
  await writeFile(join(folder, 'event.json'), '{"id":"e-1"}');
  await writeFile(join(folder, 'patch.json'), '{"data":{"n":12345678901234567890.10}}\n');
});

afterAll(() => rm(folder, { recursive: true }));

const ROW = { ref: 'i-1-2-3', received_at: '2026-11-21T09:00:00.000Z', code: 'id_missing', path: 'id', attempts: 1, state: 'open' };
const LIST = { rejected: [{ ...ROW, original: 'whole' }], next_cursor: null };
const JOB = { job_id: 'j', poll_url: '/v1/jobs/j', error_code: null };
const QUEUED = { ...JOB, status: 'queued', progress_pct: 0, progress: {} };
const COMPLETED = { ...JOB, status: 'completed', progress_pct: 100, progress: { done: 3, total: 3, replayed: 2, refused: 1 } };

/** Answers come one after the other, the last one for ever. */
const run = (args: readonly string[], answers: readonly unknown[] = [LIST]): Promise<CommandRun> =>
  runCommand(['rejected', ...args], ({ call }) => Response.json(answers[Math.min(call, answers.length - 1)]));

describe('tidegate rejected', () => {
  it.each([
    [['list'], 'GET /v1/rejected'],
    [['list', '--code', 'id_missing', '--limit', '2', '--cursor', 'c'], 'GET /v1/rejected?code=id_missing&cursor=c&limit=2'],
    [['list', '--since', '2026-11-01T00:00:00Z'], 'GET /v1/rejected?since=2026-11-01T00%3A00%3A00Z'],
    [['show', 'i-1-2-3'], 'GET /v1/rejected/i-1-2-3'],
    [['replay', 'i-1-2-3'], 'POST /v1/rejected/i-1-2-3/replay'],
  ])('%j asks for just that', async (args, asked) => {
    expect(await run(args)).toMatchObject({ code: 0, asked });
  });

  it('says how many were refused beyond the quota, of which no row is kept', async () => {
    const beyond = { day: '2026-11-21', code: 'id_missing', events: 1_001 };
    const { code, err } = await run(['list'], [{ ...LIST, beyond_quota: [beyond] }]);
    expect([code, err]).toEqual([0, expect.stringContaining('2026-11-21: 1001 more refused as id_missing')]);
  });

  it('sends the corrected event as it stands in the file, and nothing where there is no such file', async () => {
    const replay = ['replay', 'i-1-2-3', '--event'];
    expect((await run([...replay, join(folder, 'event.json')])).asked).toBe('POST /v1/rejected/i-1-2-3/replay {"id":"e-1"}');
    expect(await run([...replay, join(folder, 'absent.json')])).toMatchObject({ code: 1, asked: '' });
  });

  it('shows the list as a table, or as it came', async () => {
    expect((await run(['list'])).out).toContain('i-1-2-3  2026-11-21T09:00:00.000Z  id_missing  id           1  open   whole');
    expect(JSON.parse((await run(['list', '--json'])).out)).toEqual(LIST);
  });

  it('asks for a replay of many only where it is told which', async () => {
    expect(await run(['replay'])).toMatchObject({ code: 1, calls: 0 });
    const many = async (...flags: string[]) => (await run(['replay', '--no-wait', ...flags], [QUEUED])).asked;
    expect(await many('--all')).toBe('POST /v1/rejected/replay {}');
    const filters = ['--code', 'id_missing', '--type', 'a.b', '--pack', 'p', '--since', '2026-11-01T00:00:00Z'];
    expect(await many(...filters)).toBe(
      'POST /v1/rejected/replay {"code":"id_missing","type":"a.b","pack":"p","since":"2026-11-01T00:00:00Z"}',
    );
    expect(await many('--all', '--correction', join(folder, 'patch.json'))).toBe(
      'POST /v1/rejected/replay {"correction":{"data":{"n":12345678901234567890.10}}}',
    );
  });

  it('watches the job of a replay of many to its end and tells what became of the rows', async () => {
    const watched = await run(['replay', '--all'], [QUEUED, { ...QUEUED, status: 'processing' }, COMPLETED]);
    expect(watched).toMatchObject({ code: 0, calls: 3, asked: 'GET /v1/jobs/j' });
    expect(watched.out).toMatch(/status +done +total +replayed +refused\n.*\ncompleted +3 +3 +2 +1\n/);
    expect(await run(['replay', '--all'], [{ ...COMPLETED, status: 'failed', error_code: 'job_failed' }])).toMatchObject({ code: 1 });
  });
});
