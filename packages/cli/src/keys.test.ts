import { describe, expect, it } from 'vitest';
import { runCommand } from '../test/run-command.ts';
import type { CommandRun } from '../test/run-command.ts';

const run = (args: readonly string[]): Promise<CommandRun> =>
  runCommand(['keys', ...args], () => Response.json({ id: 'key_1', key: 'tg_live_x' }));

describe('tidegate keys', () => {
  it.each([
    [['create', 'ci'], 'POST /v1/admin/keys {"name":"ci","kind":"live","scopes":["ingest:write","query:read"]}'],
    [['create', 'ci', '-s', 'query:read'], 'POST /v1/admin/keys {"name":"ci","kind":"live","scopes":["query:read"]}'],
    [['create', 'page', '--publishable'], 'POST /v1/admin/keys {"name":"page","kind":"pub","scopes":["ingest:write"]}'],
    [
      ['create', 'page', '--publishable', '-r', 'studyin.track,sendEvents'],
      'POST /v1/admin/keys {"name":"page","kind":"pub","scopes":["ingest:write"],"routes":["studyin.track","sendEvents"]}',
    ],
    [
      ['create', 'charts', '-s', 'query:read', '--k', '5'],
      'POST /v1/admin/keys {"name":"charts","kind":"live","scopes":["query:read"],"k":5}',
    ],
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
