import { setTimeout as delay } from 'node:timers/promises';
import { Option, type Command } from 'commander';
import pc from 'picocolors';
import { z } from 'zod';
import { connect, type Connection, type Terminal } from '../terminal.ts';

interface TailFlags extends Connection {
  readonly type?: string;
  readonly lines: number;
  readonly follow?: boolean;
  readonly every: number;
  readonly json?: boolean;
}

const EVENT = z.looseObject({
  id: z.string(),
  event_type: z.string(),
  source: z.string(),
  subject: z.string().nullable(),
  occurred_at: z.string(),
  received_at: z.string(),
  data: z.record(z.string(), z.unknown()),
});
const ANSWER = z.looseObject({ events: z.array(EVENT) });
type ShownEvent = z.infer<typeof EVENT>;

/** The most that one answer holds. */
const EVENTS_MAX = 1_000;
/** What occurred so long before the newest event is not looked for again: an event that comes later still is not shown. */
const LOOKS_BACK_MS = 300_000;

export function addTail(program: Command, terminal: Terminal): void {
  program
    .command('tail')
    .description('The newest events that are counted, as they come with --follow; needs events:read, or a person’s token for their own.')
    .option('--type <event-type>', 'of one type')
    .addOption(new Option('-n, --lines <n>', 'so many to begin with, at most 1000').default(20).argParser(Number))
    .option('-f, --follow', 'go on until interrupted')
    .addOption(new Option('--every <seconds>', 'with --follow: how often to look').default(1).argParser(Number))
    .option('--json', 'one JSON object a line')
    .action(async (_flags: unknown, command: Command) => tail(terminal, command.optsWithGlobals<TailFlags>()));
}

async function tail(terminal: Terminal, flags: TailFlags): Promise<void> {
  const { type, lines, follow, every, json, ...connection } = flags;
  const client = connect(terminal, connection);
  const ask = async (limit: number, from?: string): Promise<readonly ShownEvent[]> => {
    const query = new URLSearchParams({
      limit: String(limit),
      ...(type === undefined ? {} : { type }),
      ...(from === undefined ? {} : { from }),
    });
    return ANSWER.parse(await client.call({ method: 'GET', path: `/v1/events/recent?${query.toString()}` })).events;
  };
  const show = (events: readonly ShownEvent[]): void => {
    for (const event of events.toReversed())
      terminal.stdout.write(`${json === true ? JSON.stringify(event) : eventLine(event, terminal)}\n`);
  };
  let found = await ask(follow === true ? EVENTS_MAX : lines);
  show(found.slice(0, lines));
  while (follow === true && (await wentBy(every * 1_000, terminal.signal))) {
    const seen = new Set(found.map(keyOf));
    found = await ask(EVENTS_MAX, lookFrom(found));
    const fresh = found.filter((event) => !seen.has(keyOf(event)));
    if (fresh.length === EVENTS_MAX) terminal.stderr.write(`more than ${EVENTS_MAX} events came: only the newest are shown\n`);
    show(fresh);
  }
}

/** By the clock of the events; undefined: none was found yet. */
function lookFrom(found: readonly ShownEvent[]): string | undefined {
  const newest = found[0]?.occurred_at;
  return newest === undefined ? undefined : new Date(Date.parse(newest) - LOOKS_BACK_MS).toISOString();
}

const keyOf = ({ source, id }: ShownEvent): string => `${source}\n${id}`;

/** False: interrupted. */
async function wentBy(ms: number, signal: AbortSignal | undefined): Promise<boolean> {
  return delay(ms, true, signal === undefined ? {} : { signal }).catch(() => false);
}

/** Cut to the width of the terminal, where it is one. */
function eventLine({ event_type, subject, occurred_at, data }: ShownEvent, { stdout }: Terminal): string {
  const head = `${occurred_at}  ${event_type}`;
  const who = subject === null ? '' : `  ${subject.slice(0, 12)}`;
  const room = (stdout.columns ?? Infinity) - head.length - who.length - 2;
  const text = JSON.stringify(data);
  const shown = text.length <= room ? text : `${text.slice(0, Math.max(0, room - 1))}…`;
  return `${pc.dim(occurred_at)}  ${pc.bold(event_type)}${who}  ${shown}`;
}
