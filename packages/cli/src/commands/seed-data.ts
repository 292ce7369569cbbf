import { InvalidArgumentError, Option, type Command } from 'commander';
import { DAY_MS } from '../seed/seed-unit.ts';
import { SEEDED_PACKS, seedEvents, SEEDS, type SeededPack } from '../seed/seed.ts';
import { numberText } from '../table-view.ts';
import { CommandFailure, connect, createBar, printJson, type Connection, type Terminal } from '../terminal.ts';
import { positive } from './positive.ts';

interface SeedFlags extends Connection {
  readonly pack: SeededPack;
  readonly scale: number;
  readonly days: number;
  readonly until?: number;
  readonly seed: number;
  readonly within: number;
  readonly json?: boolean;
}

export function addSeedData(program: Command, terminal: Terminal): void {
  program
    .command('seed-data')
    .description(
      'Fill a tenant with made-up data for load tests, by the gateway as all events come: marb has claims with their remittances, ' +
        'adjustments and episodes; healthtrack and fitness have the persons for whom `loadtest` asks. Give it a tenant of its own.',
    )
    .addOption(new Option('--pack <name>', 'whose data').choices(SEEDED_PACKS).default('marb'))
    .option('--scale <n>', 'claims of marb, persons of the others', positive, 1_000)
    .option('--days <n>', 'over which they are spread', positive, 90)
    .option('--until <date>', 'last of them, not included (today)', dayOf)
    .option('--seed <n>', 'the same seed and date make the same events, which count once', positive, 1)
    .option('--within <seconds>', 'to wait until all are counted', positive, 600)
    .option('--json', 'print the result as JSON')
    .action(async (_flags: unknown, command: Command) => seedData(terminal, command.optsWithGlobals<SeedFlags>()));
}

async function seedData(terminal: Terminal, flags: SeedFlags): Promise<void> {
  const { pack, scale, days, seed, within, until: untilMs = Math.floor(Date.now() / DAY_MS) * DAY_MS } = flags;
  const client = connect(terminal, flags);
  const bar = createBar(terminal, pack);
  let begun = 0;
  const events = seedEvents({ pack, scale, days, seed, untilMs }, (number) => (begun = number));
  const startedMs = performance.now();
  const sent = await client
    .send(events, {
      ...(terminal.signal === undefined ? {} : { signal: terminal.signal }),
      onProgress: ({ settled, accepted, rejected }) => bar.draw({ share: begun / scale, settled, accepted, rejected }),
    })
    .finally(bar.end);
  const isCounted = await client.counted(sent.receipts, within * 1_000);
  const seconds = (performance.now() - startedMs) / 1_000;
  const rejected = sent.rejected.length;
  if (flags.json === true) printJson(terminal, { pack, scale, days, seed, accepted: sent.accepted, rejected, counted: isCounted, seconds });
  else {
    const units = `${numberText(scale)} ${SEEDS[pack].unit}${scale === 1 ? '' : 's'}`;
    terminal.stdout.write(
      `${units}: ${numberText(sent.accepted)} events accepted, ${numberText(rejected)} rejected, ${seconds.toFixed(1)} s\n`,
    );
  }
  const [first] = sent.rejected;
  if (first !== undefined) throw new CommandFailure(`Rejected: ${first.code}: ${first.message} Is pack ${pack} in place as it is shipped?`);
  if (!isCounted) throw new CommandFailure(`Sent, but not all counted within ${within} s: see "tidegate status".`);
}

function dayOf(text: string): number {
  const ms = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  if (Number.isNaN(ms)) throw new InvalidArgumentError('It takes a date, such as 2026-11-30.');
  return ms;
}
