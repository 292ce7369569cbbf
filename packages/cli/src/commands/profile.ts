/** Profiles of a service, taken at the port of its metrics. */
import { writeFile } from 'node:fs/promises';
import { Argument, type Command, Option } from 'commander';
import { CommandFailure, requireSetting, type Terminal } from '../terminal.ts';

interface Flags {
  readonly at: string;
  readonly seconds: number;
  readonly out?: string;
}

const SECONDS = 10;
const WHAT = { cpu: 'which functions take its time', heap: 'which functions allocate what it holds' } as const;
type Kind = keyof typeof WHAT;

export function addProfile(program: Command, terminal: Terminal): void {
  program
    .command('profile')
    .description(
      'Take a profile of a service and write it to a file for Chrome DevTools or an editor: cpu (which functions take its time) or heap (which functions allocate what it holds). PROFILE_TOKEN is the one that the service has.',
    )
    .addArgument(new Argument('<kind>', 'what of').choices(Object.keys(WHAT)))
    .addOption(new Option('--at <url>', 'address of its probes and metrics').default('http://127.0.0.1:9464'))
    .addOption(new Option('--seconds <n>', 'how long').default(SECONDS).argParser(Number))
    .option('--out <file>', 'where to (default: <kind>-<instant>.cpuprofile or .heapprofile)')
    .action(async (kind: Kind, flags: Flags) => profile(terminal, kind, flags));
}

async function profile(terminal: Terminal, kind: Kind, { at, seconds, out }: Flags): Promise<void> {
  const token = requireSetting(terminal, 'PROFILE_TOKEN');
  const ask = terminal.fetch ?? fetch;
  const url = new URL(`/profile/${kind}?seconds=${seconds}`, at);
  const answer = await ask(url, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
    ...(terminal.signal === undefined ? {} : { signal: terminal.signal }),
  });
  const text = await answer.text();
  // A service without a token knows no other method than GET.
  if (answer.status === 404 || answer.status === 405)
    throw new CommandFailure(`${at} takes no profiles: its service has no PROFILE_TOKEN.`);
  if (!answer.ok) throw new CommandFailure(`No profile (${answer.status}): ${text.trim()}`);
  const file = out ?? `${kind}-${new Date().toISOString().replaceAll(':', '')}.${kind}profile`;
  await writeFile(file, text, { mode: 0o600 });
  terminal.stdout.write(`${file}: ${seconds} s of ${WHAT[kind]}\n`);
}
