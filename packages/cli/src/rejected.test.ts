import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runProgram } from './program.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tidegate-rejected-'));
  await writeFile(join(folder, 'event.json'), '{"id":"e-1"}');
});

afterAll(() => rm(folder, { recursive: true }));

async function run(args: readonly string[]) {
  let [out, asked] = ['', ''];
  const fake: typeof fetch = (url, init) => {
    const { pathname, search } = new URL(url instanceof Request ? url.url : url);
    const body = typeof init?.body === 'string' ? init.body : '';
    asked = `${init?.method ?? 'GET'} ${pathname}${search} ${body}`.trim();
    return Promise.resolve(Response.json({ next_cursor: null }));
  };
  const code = await runProgram(['rejected', ...args], {
    env: { TIDEGATE_API_KEY: 'key' },
    stdin: new PassThrough(),
    stdout: { write: (text) => (out += text) },
    stderr: { write: () => undefined },
    fetch: fake,
  });
  return { code, out, asked };
}

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

  it('sends the corrected event as it stands in the file, and nothing where there is no such file', async () => {
    const replay = ['replay', 'i-1-2-3', '--event'];
    expect((await run([...replay, join(folder, 'event.json')])).asked).toBe('POST /v1/rejected/i-1-2-3/replay {"id":"e-1"}');
    expect(await run([...replay, join(folder, 'absent.json')])).toMatchObject({ code: 1, asked: '' });
  });
});
