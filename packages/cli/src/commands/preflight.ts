import type { Command } from 'commander';
import { z } from 'zod';
import { isOnEncryptedDisk } from '../disk-encryption.ts';
import { readPreflight, type Finding } from '../preflight.ts';
import { CommandFailure, connect, printJson, setting, type Connection, type Terminal } from '../terminal.ts';

const ORIGINS = z.object({ origins: z.array(z.string()) });
const MARKS: Readonly<Record<Finding['state'], string>> = { ok: '✓', wrong: '✗', unseen: '?' };

export function addPreflight(program: Command, terminal: Terminal): void {
  program
    .command('preflight')
    .description('Before production: goes through the environment of the services, and ends with 1 where something is wrong.')
    .option('--data <folder>', 'of Postgres, on the machine where it runs: whether its disk is encrypted is looked at')
    .option('--json', 'one JSON array')
    .action(async (_flags: unknown, command: Command) => {
      const flags = command.optsWithGlobals<PreflightFlags>();
      const isDiskEncrypted = flags.data === undefined ? null : await isOnEncryptedDisk(flags.data);
      const findings = readPreflight(terminal.env, { origins: await askOrigins(terminal, flags), isDiskEncrypted });
      if (flags.json === true) printJson(terminal, findings);
      else for (const finding of findings) terminal.stdout.write(`${lineOf(finding)}\n`);
      const wrong = findings.filter(({ state }) => state === 'wrong').length;
      if (wrong > 0) throw new CommandFailure(`${wrong} of ${findings.length} are wrong.`);
    });
}

interface PreflightFlags extends Connection {
  readonly data?: string;
  readonly json?: true;
}

/** Null where no gateway or no key is named: there may be none yet. One that does not say is a failure, not a finding. */
async function askOrigins(terminal: Terminal, flags: PreflightFlags): Promise<readonly string[] | null> {
  const isNamed = (flags.gateway ?? setting(terminal, 'TIDEGATE_GATEWAY')) !== undefined;
  const hasKey = (flags.key ?? setting(terminal, 'TIDEGATE_API_KEY') ?? terminal.token?.() ?? null) !== null;
  if (!isNamed || !hasKey) return null;
  const answer = await connect(terminal, flags).call({ method: 'GET', path: '/v1/admin/origins' });
  return ORIGINS.parse(answer).origins;
}

function lineOf({ check, state, advice }: Finding): string {
  return `${MARKS[state]} ${check}${advice === '' ? '' : `: ${advice}`}`;
}
