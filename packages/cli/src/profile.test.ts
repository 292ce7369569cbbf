import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runProgram } from './program.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tidegate-profile-'));
});
afterAll(async () => rm(folder, { recursive: true }));

async function take(answer: Response, ...args: readonly string[]) {
  let [out, err, asked] = ['', '', ''];
  const code = await runProgram(['profile', ...args], {
    env: { PROFILE_TOKEN: 'the token' },
    stdin: new PassThrough().end(),
    stdout: { write: (text) => (out += text) },
    stderr: { write: (text) => (err += text) },
    fetch: (url, init) => {
      asked = `${init?.method} ${String(url)} ${new Headers(init?.headers).get('authorization')}`;
      return Promise.resolve(answer);
    },
  });
  return { code, out, err, asked };
}

test('a profile is written to the file that is named, for its owner alone', async () => {
  const file = join(folder, 'one.cpuprofile');
  const told = await take(new Response('{"nodes":[]}'), 'cpu', '--at', 'http://pod:9464', '--seconds', '5', '--out', file);
  expect(told).toEqual({
    ...{ code: 0, err: '', out: `${file}: 5 s of which functions take its time\n` },
    asked: 'POST http://pod:9464/profile/cpu?seconds=5 Bearer the token',
  });
  expect(await readFile(file, 'utf8')).toBe('{"nodes":[]}');
  expect((await stat(file)).mode & 0o777).toBe(0o600);
});

test.each([
  [401, 'who has the token may\n', 'No profile (401): who has the token may\n'],
  [409, 'another profile is being taken\n', 'No profile (409): another profile is being taken\n'],
  [404, 'not found\n', 'http://127.0.0.1:9464 takes no profiles: its service has no PROFILE_TOKEN.\n'],
  [405, 'only GET\n', 'http://127.0.0.1:9464 takes no profiles: its service has no PROFILE_TOKEN.\n'],
])('an answer %i is told, and nothing is written', async (status, body, message) => {
  expect(await take(new Response(body, { status }), 'heap', '--out', join(folder, 'none'))).toMatchObject({
    code: 1,
    out: '',
    err: message,
  });
  await expect(stat(join(folder, 'none'))).rejects.toThrow('ENOENT');
});
