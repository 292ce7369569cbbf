import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { runProgram } from './program.ts';

async function run(args: readonly string[]) {
  let [out, err, asked] = ['', '', ''];
  const fake: typeof fetch = (url, init) => {
    asked =
      `${init?.method ?? 'GET'} ${new URL(url instanceof Request ? url.url : url).pathname} ${typeof init?.body === 'string' ? init.body : ''}`.trim();
    return Promise.resolve(Response.json({ id: 'key_1', key: 'tg_live_x' }));
  };
  const code = await runProgram(['keys', ...args], {
    env: { TIDEGATE_API_KEY: 'key' },
    stdin: new PassThrough(),
    stdout: { write: (text) => (out += text) },
    stderr: { write: (text) => (err += text) },
    fetch: fake,
  });
  return { code, out, err, asked };
}

describe('tidegate keys', () => {
  it.each([
    [['create', 'ci'], 'POST /v1/admin/keys {"name":"ci","kind":"live","scopes":["ingest:write","query:read"]}'],
    [['create', 'ci', '-s', 'query:read'], 'POST /v1/admin/keys {"name":"ci","kind":"live","scopes":["query:read"]}'],
    [['create', 'page', '--publishable'], 'POST /v1/admin/keys {"name":"page","kind":"pub","scopes":["ingest:write"]}'],
    [['list'], 'GET /v1/admin/keys'],
    [['rotate', 'key_1'], 'POST /v1/admin/keys/key_1/rotate {}'],
    [['rotate', 'key_1', '--overlap', '0'], 'POST /v1/admin/keys/key_1/rotate {"overlap_s":0}'],
    [['revoke', 'key_1'], 'DELETE /v1/admin/keys/key_1'],
  ])('%j asks for just that', async (args, asked) => {
    expect(await run(args)).toMatchObject({ code: 0, asked, err: '' });
  });

  it('shows a new secret on standard output, and asks nothing where an overlap is no number', async () => {
    expect((await run(['rotate', 'key_1'])).out).toContain('tg_live_x');
    expect(await run(['rotate', 'key_1', '--overlap', '1h'])).toMatchObject({ code: 1, asked: '' });
  });
});
