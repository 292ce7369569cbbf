import type { Command } from 'commander';
import { readPreflight, type Finding } from '../preflight.ts';
import { CommandFailure, printJson, type Terminal } from '../terminal.ts';

const MARKS: Readonly<Record<Finding['state'], string>> = { ok: '✓', wrong: '✗', unseen: '?' };

export function addPreflight(program: Command, terminal: Terminal): void {
  program
    .command('preflight')
    .description('Before production: goes through the environment of the services, and ends with 1 where something is wrong.')
    .option('--json', 'one JSON array')
    .action((flags: { readonly json?: true }) => {
      const findings = readPreflight(terminal.env);
      if (flags.json === true) printJson(terminal, findings);
      else for (const finding of findings) terminal.stdout.write(`${lineOf(finding)}\n`);
      const wrong = findings.filter(({ state }) => state === 'wrong').length;
      if (wrong > 0) throw new CommandFailure(`${wrong} of ${findings.length} are wrong.`);
    });
}

function lineOf({ check, state, advice }: Finding): string {
  return `${MARKS[state]} ${check}${advice === '' ? '' : `: ${advice}`}`;
}
