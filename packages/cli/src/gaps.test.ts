import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { runProgram } from './program.ts';

const GAP = {
  gap: 'live-1-2-40',
  lane: 'live',
  partition: 1,
  log_generation: 2,
  from_offset: '40',
  to_offset: '55',
  found_at: '2026-11-28T12:00:00.000Z',
};

async function run(args: readonly string[]) {
  let [out, asked] = ['', ''];
  const fake: typeof fetch = (url, init) => {
    const { pathname } = new URL(url instanceof Request ? url.url : url);
    asked = `${init?.method ?? 'GET'} ${pathname} ${typeof init?.body === 'string' ? init.body : ''}`.trim();
    return Promise.resolve(Response.json({ gaps: [{ ...GAP, acknowledged: null }] }));
  };
  const code = await runProgram(['gaps', ...args], {
    env: { TIDEGATE_API_KEY: 'key' },
    stdin: new PassThrough(),
    stdout: { write: (text) => (out += text) },
    stderr: { write: () => undefined },
    fetch: fake,
  });
  return { code, out, asked };
}

test('tidegate gaps lists gaps as a table, and acknowledges one with a reason alone', async () => {
  const listed = await run(['list']);
  expect(listed).toMatchObject({ code: 0, asked: 'GET /v1/admin/gaps' });
  expect(listed.out).toContain('live-1-2-40          1  40           55         2026-11-28T12:00:00.000Z');
  const word = 'POST /v1/admin/gaps/live-1-2-40/acknowledge {"reason":"power loss of November"}';
  expect(await run(['ack', 'live-1-2-40', '--reason', 'power loss of November'])).toMatchObject({ code: 0, asked: word });
  expect(await run(['ack', 'live-1-2-40'])).toMatchObject({ code: 1, asked: '' });
});
