import type { Command } from 'commander';
import { connect, firstLine, printJson, type Connection, type Terminal } from '../terminal.ts';

interface CreateFlags extends Connection {
  readonly roles: string;
  readonly email?: string;
  readonly subject?: string;
}

const PATH = '/v1/admin/users';

export function addUsers(program: Command, terminal: Terminal): void {
  const users = program.command('users').description('People of the tenant who sign in; needs a key with tenant:admin.');
  users
    .command('create <username>')
    .description('Make a user; the password is the first line of standard input, so that it stands in no history and no list of processes.')
    .requiredOption('-r, --roles <roles>', 'comma separated; `tidegate roles` lists them')
    .option('--email <address>', 'another name to sign in with')
    .option('--subject <id>', 'the id by which events name this person')
    .action(async (username: string, _flags: unknown, command: Command) => {
      const { roles, email, subject, ...connection } = command.optsWithGlobals<CreateFlags>();
      const password = await firstLine(terminal, 'password');
      const named = { ...(email === undefined ? {} : { email }), ...(subject === undefined ? {} : { subject }) };
      await change(terminal, connection, { path: PATH, body: { username, password, roles: roles.split(','), ...named } });
    });
  users
    .command('list')
    .description('All users.')
    .action(async (_flags: unknown, command: Command) => {
      const client = connect(terminal, command.optsWithGlobals<Connection>());
      const listed: unknown[] = [];
      let cursor: string | null = null;
      do {
        const query: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
        const page = toPage(await client.call({ method: 'GET', path: `${PATH}?limit=500${query}` }));
        listed.push(...page.users);
        cursor = page.next_cursor;
      } while (cursor !== null);
      printJson(terminal, { users: listed });
    });
  addChanges(users, terminal);
  program
    .command('roles')
    .description('Roles that users can have, with their scopes.')
    .action(async (_flags: unknown, command: Command) => {
      printJson(terminal, await connect(terminal, command.optsWithGlobals<Connection>()).call({ method: 'GET', path: '/v1/admin/roles' }));
    });
}

function addChanges(users: Command, terminal: Terminal): void {
  users
    .command('roles <id>')
    .description('Give a user these roles in place of all others.')
    .requiredOption('-r, --roles <roles>', 'comma separated; `tidegate roles` lists them')
    .action(async (id: string, _flags: unknown, command: Command) => {
      const { roles, ...connection } = command.optsWithGlobals<Pick<CreateFlags, 'roles' | keyof Connection>>();
      await change(terminal, connection, { path: pathOf(id), body: { roles: roles.split(',') } });
    });
  users
    .command('password <id>')
    .description('Set a new password, the first line of standard input; all sessions of the user end.')
    .action(async (id: string, _flags: unknown, command: Command) =>
      change(terminal, command.optsWithGlobals<Connection>(), {
        path: pathOf(id),
        body: { password: await firstLine(terminal, 'password') },
      }),
    );
  for (const [name, state] of [
    ['disable', 'disabled'],
    ['enable', 'active'],
  ] as const) {
    users
      .command(`${name} <id>`)
      .description(state === 'active' ? 'Let a disabled user sign in again.' : 'End all sessions of a user, who signs in no more.')
      .action(async (id: string, _flags: unknown, command: Command) =>
        change(terminal, command.optsWithGlobals<Connection>(), { path: pathOf(id), body: { state } }),
      );
  }
}

interface Page {
  readonly users: readonly unknown[];
  readonly next_cursor: string | null;
}

function toPage(answer: unknown): Page {
  return answer as Page;
}

async function change(terminal: Terminal, connection: Connection, { path, body }: { path: string; body: object }): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  printJson(terminal, await connect(terminal, connection).call({ method: 'POST', path, body: JSON.stringify(body), headers }));
}

function pathOf(id: string): string {
  return `${PATH}/${encodeURIComponent(id)}`;
}
