import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { CommandFailure, setting, type Terminal } from '../terminal.ts';

const DRILLS = 'tests/drills/main.ts';

/**
 * Drills live in the repository, because they bring servers, data and the tests' own eyes along: the command hands over to
 * the checkout that it is part of, or to the one that `TIDEGATE_REPOSITORY` names.
 */
export function addDrill(program: Command, terminal: Terminal): void {
  program
    .command('drill')
    .description('Break a system of its own on purpose and compare what clients were told with what is counted (needs the repository).')
    .argument('[arguments...]', 'name and flags, such as "exactly-once --minutes 5 --seed 1"; without a name drills are listed')
    .allowUnknownOption()
    .action(async (args: readonly string[]) => {
      const code = await runDrill(checkoutOf(terminal), args, terminal);
      if (code !== 0) throw new CommandFailure(`The drill ended with ${code}.`);
    });
}

function checkoutOf(terminal: Terminal): string {
  const root = setting(terminal, 'TIDEGATE_REPOSITORY') ?? resolve(import.meta.dirname, '../../../..');
  if (existsSync(join(root, DRILLS))) return root;
  throw new CommandFailure(
    `Drills need a checkout of the Tidegate repository, and there is none in ${root}: clone it and run "npm run drill" there, or set TIDEGATE_REPOSITORY to its folder.`,
  );
}

function runDrill(root: string, args: readonly string[], { env }: Terminal): Promise<number> {
  return new Promise((done, fail) => {
    const child = spawn(process.execPath, [join(root, 'scripts/bootstrap.mjs'), 'drill', ...args], {
      cwd: root,
      env: { ...env },
      stdio: 'inherit',
    });
    child.once('error', fail);
    child.once('exit', (code) => done(code ?? 1));
  });
}
