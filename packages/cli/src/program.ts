import { ApiError, ConnectionError } from '@tidegate/sdk';
import { Command, CommanderError } from 'commander';
import { addAnalyse } from './commands/analyse.ts';
import { addAsk } from './commands/ask.ts';
import { addAudit } from './commands/audit.ts';
import { addBudgets } from './commands/budgets.ts';
import { addCache } from './commands/cache.ts';
import { addArchive } from './commands/archive.ts';
import { addBackup } from './commands/backup.ts';
import { addDrill } from './commands/drill.ts';
import { addExport } from './commands/export.ts';
import { addEvent } from './commands/event.ts';
import { addPrivacy } from './commands/privacy.ts';
import { addGaps } from './commands/gaps.ts';
import { addKeys } from './commands/keys.ts';
import { addLogin } from './commands/login.ts';
import { addLimits } from './commands/limits.ts';
import { addLoadtest } from './commands/loadtest.ts';
import { addOperations } from './commands/operations.ts';
import { addEventTypes } from './commands/event-types.ts';
import { addPacks } from './commands/packs.ts';
import { addPreflight } from './commands/preflight.ts';
import { addProfile } from './commands/profile.ts';
import { addQuery } from './commands/query.ts';
import { addReconcile } from './commands/reconcile.ts';
import { addRejected } from './commands/rejected.ts';
import { addRestatements } from './commands/restatements.ts';
import { addStats } from './commands/stats.ts';
import { addStatus } from './commands/status.ts';
import { addTail } from './commands/tail.ts';
import { addUsers } from './commands/users.ts';
import { addVerify } from './commands/verify.ts';
import { addPartitions } from './commands/partitions.ts';
import { addSeedData } from './commands/seed-data.ts';
import { addSend } from './commands/send.ts';
import { addTenants } from './commands/tenants.ts';
import { currentToken } from './signed-in.ts';
import { CommandFailure, type Connection, type Terminal } from './terminal.ts';

const EXIT_FAILED = 1;
/** These look at the session themselves. */
const KEYLESS: ReadonlySet<string> = new Set(['login', 'logout']);

/** Runs one command line (without program and script) and returns its exit code. */
export async function runProgram(args: readonly string[], world: Terminal): Promise<number> {
  let token: string | null = null;
  const terminal: Terminal = { ...world, token: () => token };
  const program = new Command('tidegate')
    .description('Send events to a Tidegate gateway, ask questions of it, look after it.')
    .option('--gateway <url>', 'address of the gateway (or TIDEGATE_GATEWAY; default http://127.0.0.1:8000)')
    .option('--key <key>', 'API key (or TIDEGATE_API_KEY)')
    .showHelpAfterError()
    .exitOverride()
    .configureOutput({ writeOut: (text) => void terminal.stdout.write(text), writeErr: (text) => void terminal.stderr.write(text) });
  program.hook('preAction', async (_program, command) => {
    if (!KEYLESS.has(command.name())) token = await currentToken(terminal, command.optsWithGlobals<Connection>());
  });
  addLogin(program, terminal);
  addSend(program, terminal);
  addSeedData(program, terminal);
  addQuery(program, terminal);
  addAnalyse(program, terminal);
  addAsk(program, terminal);
  addPacks(program, terminal);
  addEventTypes(program, terminal);
  addKeys(program, terminal);
  addLimits(program, terminal);
  addUsers(program, terminal);
  addAudit(program, terminal);
  addRejected(program, terminal);
  addBudgets(program, terminal);
  addCache(program, terminal);
  addRestatements(program, terminal);
  addReconcile(program, terminal);
  addEvent(program, terminal);
  addStats(program, terminal);
  addTail(program, terminal);
  addGaps(program, terminal);
  addPrivacy(program, terminal);
  addExport(program, terminal);
  addStatus(program, terminal);
  addOperations(program, terminal);
  addPartitions(program, terminal);
  addTenants(program, terminal);
  addPreflight(program, terminal);
  addVerify(program, terminal);
  addArchive(program, terminal);
  addBackup(program, terminal);
  addDrill(program, terminal);
  addLoadtest(program, terminal);
  addProfile(program, terminal);
  inheritSettings(program);
  try {
    await program.parseAsync([...args], { from: 'user' });
    return 0;
  } catch (error) {
    return exitCodeOf(error, terminal);
  }
}

/** Errors of the command line reach `runProgram` from subcommands too, and are written where it says. */
function inheritSettings(command: Command): void {
  for (const sub of command.commands) {
    sub.copyInheritedSettings(command);
    inheritSettings(sub);
  }
}

function exitCodeOf(error: unknown, terminal: Terminal): number {
  if (error instanceof CommanderError) return error.exitCode;
  if (error instanceof ApiError) {
    terminal.stderr.write(`${error.message} (${error.code}${error.requestId === null ? '' : `, request ${error.requestId}`})\n`);
    return EXIT_FAILED;
  }
  if (error instanceof CommandFailure || error instanceof ConnectionError || error instanceof Error) {
    terminal.stderr.write(`${error.message}\n`);
    return EXIT_FAILED;
  }
  throw error;
}
