import type { Command } from 'commander';
import { signIn, signOut } from '../signed-in.ts';
import { firstLine, type Connection, type Terminal } from '../terminal.ts';

interface LoginFlags extends Connection {
  readonly tenant?: string;
}

export function addLogin(program: Command, terminal: Terminal): void {
  program
    .command('login <name>')
    .description(
      'Sign in with a user name or an e-mail address; the password is the first line of standard input. Commands without a key then use the session.',
    )
    .option('--tenant <tenant>', 'whose user it is; default: as the gateway is set')
    .action(async (name: string, _flags: unknown, command: Command) => {
      const { tenant, ...connection } = command.optsWithGlobals<LoginFlags>();
      const who = name.includes('@') ? { email: name } : { username: name };
      const password = await firstLine(terminal, 'password');
      const path = await signIn(terminal, connection, { ...who, password, ...(tenant === undefined ? {} : { tenant }) });
      terminal.stderr.write(`Signed in; the session is in ${path}.\n`);
    });
  program
    .command('logout')
    .description('End the session, here and at the gateway.')
    .action(async (_flags: unknown, command: Command) => {
      await signOut(terminal, command.optsWithGlobals<Connection>());
      terminal.stderr.write('Signed out.\n');
    });
}
