/** Kept answers of views: what lies there, what their lifetimes should be, what to drop. */
import type { Command } from 'commander';
import { z } from 'zod';
import { hitHistory, sparkline } from '../hit-history.ts';
import { tableView } from '../table-view.ts';
import { CommandFailure, connect, printJson, type Connection, type Terminal } from '../terminal.ts';

interface Flags extends Connection {
  readonly json?: true;
  readonly class?: string;
  readonly days?: string;
}

interface DropFlags extends Connection {
  readonly class?: string;
  readonly name?: string;
  readonly pattern?: string;
  readonly subject?: string;
}

const KEYS = z.looseObject({
  patterns: z.array(
    z.looseObject({ class: z.string(), pattern: z.string(), entries: z.number(), bytes: z.number(), declared: z.boolean() }),
  ),
});
const ADVICE = z.looseObject({
  classes: z.array(
    z.looseObject({
      class: z.string(),
      ttl_s: z.number(),
      hit_aim_pct: z.number(),
      hit_rate: z.number(),
      total: z.number(),
      changes_per_hour: z.number(),
      evictions: z.number(),
      advice: z.string(),
      advised_ttl_s: z.number(),
    }),
  ),
});

const HISTORY = z.looseObject({
  classes: z.array(z.looseObject({ class: z.string(), hit_aim_pct: z.number().nullable() })),
  history: z.array(z.looseObject({ class: z.string(), hour: z.string(), hits: z.number(), misses: z.number() })),
});

const JSON_TYPE = { 'content-type': 'application/json' };

const KEY_COLUMNS = [
  { name: 'class', type: 'string' },
  { name: 'pattern', type: 'string' },
  { name: 'answers', type: 'integer' },
  { name: 'bytes', type: 'integer' },
  { name: '', type: 'string' },
] as const;
const ADVICE_COLUMNS = [
  { name: 'class', type: 'string' },
  { name: 'hit rate %', type: 'number' },
  { name: 'aim %', type: 'number' },
  { name: 'look-ups', type: 'integer' },
  { name: 'changes/h', type: 'number' },
  { name: 'evictions', type: 'integer' },
  { name: 'ttl s', type: 'integer' },
  { name: 'advice', type: 'string' },
] as const;

const HISTORY_COLUMNS = [
  { name: 'class', type: 'string' },
  { name: 'by day, 0 to 100 %', type: 'string' },
  { name: 'week %', type: 'decimal' },
  { name: 'week before %', type: 'decimal' },
  { name: 'aim %', type: 'decimal' },
  { name: 'look-ups', type: 'integer' },
  { name: '', type: 'string' },
] as const;

export function addCache(program: Command, terminal: Terminal): void {
  const cache = program
    .command('cache')
    .description('Kept answers of views: what lies there, what their lifetimes should be, what to drop.');
  cache
    .command('keys')
    .description('Patterns of names, how many answers and how much memory; and what is there of classes that no pack has any more.')
    .option('--class <pack.class>', 'of one class')
    .option('--json', 'as JSON')
    .action(async (_flags: unknown, command: Command) => listKeys(terminal, command.optsWithGlobals<Flags>()));
  cache
    .command('advise')
    .description('What lifetimes should be, by hit rates, changes and evictions of the last days.')
    .option('--days <days>', 'so many days back, 1 to 90 (default: 14)')
    .option('--json', 'as JSON')
    .action(async (_flags: unknown, command: Command) => advise(terminal, command.optsWithGlobals<Flags>()));
  cache
    .command('history')
    .description('Hit rates by class: a drawing of the days, the last week beside the one before and the aim. For a look each week.')
    .option('--class <pack.class>', 'of one class')
    .option('--days <days>', 'so many days back, 1 to 90 (default: 90)')
    .option('--json', 'each hour, as JSON')
    .action(async (_flags: unknown, command: Command) => showHistory(terminal, command.optsWithGlobals<Flags>()));
  cache
    .command('drop')
    .description('Drops kept answers: the next ones are made anew.')
    .option('--class <pack.class>', 'of a class')
    .option('--name <name>', 'of one name, such as claim:123; plain ids are translated')
    .option('--pattern <pattern>', 'of names, with * for any text')
    .option('--subject <id>', 'about a person')
    .action(async (_flags: unknown, command: Command) => drop(terminal, command.optsWithGlobals<DropFlags>()));
}

async function listKeys(terminal: Terminal, { class: of, json, ...connection }: Flags): Promise<void> {
  const query = of === undefined ? '' : `?class=${encodeURIComponent(of)}`;
  const told = await connect(terminal, connection).call({ method: 'GET', path: `/v1/admin/cache/keys${query}` });
  if (json === true) return printJson(terminal, told);
  const rows = KEYS.parse(told).patterns.map((one) => [one.class, one.pattern, one.entries, one.bytes, one.declared ? '' : 'of no pack']);
  terminal.stdout.write(rows.length === 0 ? 'Nothing is kept.\n' : `${tableView({ columns: [...KEY_COLUMNS], rows })}\n`);
}

async function advise(terminal: Terminal, { days, json, ...connection }: Flags): Promise<void> {
  const query = days === undefined ? '' : `?days=${encodeURIComponent(days)}`;
  const told = await connect(terminal, connection).call({ method: 'GET', path: `/v1/admin/cache/advice${query}` });
  if (json === true) return printJson(terminal, told);
  const rows = ADVICE.parse(told).classes.map((one) => [
    ...[one.class, one.hit_rate, one.hit_aim_pct, one.total, one.changes_per_hour, one.evictions, one.ttl_s],
    one.advised_ttl_s === one.ttl_s ? one.advice : `${one.advice}: ${one.advised_ttl_s} s`,
  ]);
  terminal.stdout.write(
    rows.length === 0 ? 'No view of a pack in place names a class.\n' : `${tableView({ columns: [...ADVICE_COLUMNS], rows })}\n`,
  );
}

const DAYS = 90;
/** What the columns beside the drawing take of a line. */
const BESIDE = 80;

async function showHistory(terminal: Terminal, { class: of, days = String(DAYS), json, ...connection }: Flags): Promise<void> {
  const told = await connect(terminal, connection).call({ method: 'GET', path: `/v1/admin/cache?days=${encodeURIComponent(days)}` });
  const { classes, history } = HISTORY.parse(told);
  const hours = history.filter((hour) => of === undefined || hour.class === of);
  if (json === true) return printJson(terminal, hours);
  const aims = new Map(classes.map(({ class: name, hit_aim_pct: aim }) => [name, aim]));
  const width = Math.max(10, (terminal.stdout.columns ?? BESIDE + DAYS) - BESIDE);
  const rows = hitHistory(hours, { days: Number(days), nowMs: Date.now() }).map(({ class: name, week, weekBefore, ...one }) => {
    const aim = aims.get(name) ?? null;
    const verdict = week !== null && aim !== null && week < aim ? 'below its aim' : '';
    return [name, sparkline(one.days, width), percent(week), percent(weekBefore), percent(aim), one.lookUps, verdict];
  });
  terminal.stdout.write(rows.length === 0 ? 'Nothing was looked up.\n' : `${tableView({ columns: [...HISTORY_COLUMNS], rows })}\n`);
}

function percent(rate: number | null): string {
  return rate === null ? '–' : rate.toFixed(1);
}

async function drop(terminal: Terminal, { class: of, name, pattern, subject, ...connection }: DropFlags): Promise<void> {
  const named = Object.entries({ class: of, key: name, pattern, subject }).filter(([, value]) => value !== undefined);
  if (named.length !== 1) throw new CommandFailure('Name one of --class, --name, --pattern and --subject.');
  const asked = {
    method: 'POST',
    path: '/v1/admin/cache/invalidate',
    body: JSON.stringify(Object.fromEntries(named)),
    headers: JSON_TYPE,
  } as const;
  const { dropped } = z.looseObject({ dropped: z.number() }).parse(await connect(terminal, connection).call(asked));
  terminal.stdout.write(`${dropped} ${dropped === 1 ? 'mark is' : 'marks are'} removed: what was kept under them is made anew.\n`);
}
