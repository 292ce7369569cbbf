import { describe, expect, it } from 'vitest';
import type { CommandRun } from '../test/run-command.ts';
import { runCommand } from '../test/run-command.ts';

const run = (args: readonly string[], input = ''): Promise<CommandRun> =>
  runCommand(args, () => Response.json({ id: 'usr_1', users: [{ id: 'usr_1' }], next_cursor: null }), input);

describe('tidegate users', () => {
  it.each([
    [
      ['users', 'create', 'jane', '-r', 'viewer,person', '--subject', 'p-1', '--email', 'j@example.org'],
      'POST /v1/admin/users {"username":"jane","password":"Correct-Horse-9","roles":["viewer","person"],"email":"j@example.org","subject":"p-1"}',
    ],
    [['users', 'list'], 'GET /v1/admin/users?limit=500'],
    [['users', 'roles', 'usr_1', '-r', 'admin'], 'POST /v1/admin/users/usr_1 {"roles":["admin"]}'],
    [['users', 'password', 'usr_1'], 'POST /v1/admin/users/usr_1 {"password":"Correct-Horse-9"}'],
    [['users', 'disable', 'usr_1'], 'POST /v1/admin/users/usr_1 {"state":"disabled"}'],
    [['users', 'enable', 'usr_1'], 'POST /v1/admin/users/usr_1 {"state":"active"}'],
    [['roles'], 'GET /v1/admin/roles'],
  ])('%j asks for just that', async (args, asked) => {
    expect(await run(args, 'Correct-Horse-9\nmore\n')).toMatchObject({ code: 0, asked, err: '' });
  });

  it('lists all pages', async () => {
    const answers = [
      { users: [{ id: 'usr_1' }], next_cursor: 'usr_1' },
      { users: [{ id: 'usr_2' }], next_cursor: null },
    ];
    const listed = await runCommand(['users', 'list'], ({ call }) => Response.json(answers[call]));
    expect([JSON.parse(listed.out), listed.request]).toEqual([
      { users: [{ id: 'usr_1' }, { id: 'usr_2' }] },
      'GET /v1/admin/users?limit=500&cursor=usr_1',
    ]);
  });

  it('asks nothing without a password', async () => {
    expect(await run(['users', 'password', 'usr_1'])).toMatchObject({ code: 1, asked: '', err: expect.stringContaining('standard input') });
  });
});
