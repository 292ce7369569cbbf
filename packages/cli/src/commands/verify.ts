import { InvalidArgumentError, type Command } from 'commander';
import pc from 'picocolors';
import { CommandFailure, connect, gatewayOf, printJson, setting, type Connection, type Terminal } from '../terminal.ts';
import { verifyInstallation, type Verdict } from '../verify.ts';
import { positive } from './positive.ts';
import { collect } from './scope.ts';

interface VerifyFlags extends Connection {
  readonly event: Readonly<Record<string, unknown>>;
  readonly metric: string;
  readonly measure: string;
  readonly metrics: readonly string[];
  readonly clients: number;
  readonly questions: number;
  readonly within: number;
  readonly json?: true;
}

/** One of the pack that is installed first. */
const EVENT = {
  type: 'wiki.edit',
  data: { page: 'verify', channel: '#verify.test', namespace: 'Test', robot: true, added: 1, deleted: 0, delta: 1 },
};
const CALL_MS = 30_000;

const MARKS: Readonly<Record<Verdict['state'], string>> = { ok: pc.green('✓'), wrong: pc.red('✗'), unseen: '?' };

export function addVerify(program: Command, terminal: Terminal): void {
  program
    .command('verify')
    .description(
      'Whether an installation does its work: an event is sent, counted, asked for and sent again, the cache, limits and metrics are ' +
        'looked at, and many questions are asked at once. Ends with 1 where something is wrong. Without a key only the gateway is asked ' +
        'whether it is ready.',
    )
    .option('--event <json>', 'an event that a pack in place takes, without id and time', asEvent, EVENT)
    .option('--metric <name>', 'a metric that counts it', 'wiki.edits')
    .option('--measure <name>', 'a measure of it that rises', 'edits')
    .option('--metrics <url>', 'metrics of a service, such as http://127.0.0.1:9464/metrics; repeatable', collect, [])
    .option('--clients <number>', 'clients that ask at once', positive, 10)
    .option('--questions <number>', 'questions of each', positive, 100)
    .option('--within <seconds>', 'longest that the event may take to be counted', positive, 60)
    .option('--json', 'one JSON array')
    .action(async (_flags: unknown, command: Command) => verify(terminal, command.optsWithGlobals<VerifyFlags>()));
}

async function verify(terminal: Terminal, flags: VerifyFlags): Promise<void> {
  const gateway = gatewayOf(terminal, flags).replace(/\/$/, '');
  const key = flags.key ?? setting(terminal, 'TIDEGATE_API_KEY') ?? terminal.token?.() ?? null;
  const ask = terminal.fetch ?? fetch;
  const verdicts: Verdict[] = [];
  await verifyInstallation(
    {
      client: key === null ? null : connect(terminal, flags),
      get: async (at) => {
        const headers: Record<string, string> = key !== null && 'path' in at ? { authorization: `Bearer ${key}` } : {};
        return ask('path' in at ? `${gateway}${at.path}` : at.url, { headers, signal: AbortSignal.timeout(CALL_MS) });
      },
      ...{ event: flags.event, metric: flags.metric, measure: flags.measure, metricsUrls: flags.metrics },
      ...{ load: { clients: flags.clients, questions: flags.questions }, withinMs: flags.within * 1_000 },
      ...{ nowMs: Date.now, monotonicMs: () => performance.now() },
    },
    (verdict) => {
      verdicts.push(verdict);
      if (flags.json !== true) terminal.stdout.write(`${MARKS[verdict.state]} ${verdict.check}: ${verdict.detail}\n`);
    },
  );
  if (flags.json === true) printJson(terminal, verdicts);
  const wrong = verdicts.filter(({ state }) => state === 'wrong').length;
  if (wrong > 0) throw new CommandFailure(`${wrong} of ${verdicts.length} are wrong.`);
}

function asEvent(text: string): Readonly<Record<string, unknown>> {
  try {
    const event: unknown = JSON.parse(text);
    if (typeof event === 'object' && event !== null && !Array.isArray(event)) return { ...event };
  } catch {
    // Told below.
  }
  throw new InvalidArgumentError('It takes a JSON object.');
}
