/** `tidegate audit review`: the accesses of a month, as somebody has to look at them. */
import type { Command, Option } from 'commander';
import { z } from 'zod';
import type { Access, AccessReview, ReviewedActor, Unusual } from '../access-review.ts';
import { createAccessReview } from '../access-review.ts';
import { tableView } from '../table-view.ts';
import { CommandFailure, connect, printJson, type Connection, type Terminal } from '../terminal.ts';

interface ReviewFlags extends Connection {
  readonly since?: string;
  readonly until?: string;
  readonly persons: string;
  readonly refused: string;
  readonly nobody?: true;
  readonly json?: true;
}

const PAGE = z.object({
  records: z.array(
    z.looseObject({
      kept_at: z.string(),
      last_at: z.string().nullish(),
      actor: z.string(),
      role: z.string().nullish(),
      action: z.string(),
      status_code: z.number().nullish(),
      subject: z.string().nullish(),
      opened: z.array(z.string()).nullish(),
      accesses: z.number().nullish(),
    }),
  ),
  next_cursor: z.string().nullable(),
});

const PAGE_ROWS = '1000';
const DAYS = 31;
const DAY_MS = 86_400_000;
const PERSONS_SHOWN = 20;
const MEANINGS: Readonly<Record<Unusual['why'], string>> = {
  many_persons: 'persons whose rows were shown',
  several_at_once: 'answers with rows of several persons',
  opened: 'answers with sealed fields opened',
  refused: 'accesses refused',
};

export function addAuditReview(audit: Command, terminal: Terminal, nobody: Option): void {
  audit
    .command('review')
    .description('Who read whose data, whose data was read by whom, and what is unlike the rest: for the review of each month.')
    .option('--since <instant>', `kept at or after, RFC 3339; else the last ${DAYS} days`)
    .option('--until <instant>', 'kept before')
    .option('--persons <number>', 'shown the rows of more persons than this is unusual', '50')
    .option('--refused <number>', 'refused more often than this is unusual', '10')
    .addOption(nobody)
    .option('--json', 'the whole review as JSON')
    .action(async (_flags: unknown, command: Command) => {
      const { since, until, persons, refused, nobody: isNobody, json, ...connection } = command.optsWithGlobals<ReviewFlags>();
      const bounds = { personsMax: countOf('--persons', persons), refusedMax: countOf('--refused', refused) };
      const from = since ?? new Date(Date.now() - DAYS * DAY_MS).toISOString();
      const search = { since: from, ...(until === undefined ? {} : { until }), ...(isNobody === true ? { tenant: '-' } : {}) };
      const review = createAccessReview(bounds);
      for await (const access of accessesOf(connect(terminal, connection), search)) review.add(access);
      const reviewed = review.review();
      if (json === true) printJson(terminal, { since: from, ...(until === undefined ? {} : { until }), ...reviewed });
      else terminal.stdout.write(`${reviewText(reviewed)}\n`);
    });
}

function countOf(flag: string, text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new CommandFailure(`${flag} is a whole number.`);
  return Number(text);
}

async function* accessesOf(client: ReturnType<typeof connect>, search: Readonly<Record<string, string>>): AsyncGenerator<Access> {
  for (let cursor: string | null = null; ;) {
    const query = new URLSearchParams({ ...search, limit: PAGE_ROWS, ...(cursor === null ? {} : { cursor }) });
    const page: z.output<typeof PAGE> = PAGE.parse(await client.call({ method: 'GET', path: `/v1/admin/audit?${query.toString()}` }));
    // Of a change that was about to be made, what became of it is a record too.
    yield* page.records.filter((record) => record.status_code !== null).map(toAccess);
    cursor = page.next_cursor;
    if (cursor === null) return;
  }
}

function toAccess(record: z.output<typeof PAGE>['records'][number]): Access {
  const {
    actor,
    role = null,
    action,
    status_code: statusCode,
    subject = null,
    opened,
    accesses,
    last_at: lastAt,
    kept_at: keptAt,
  } = record;
  return {
    ...{ actor, role, action, subject, statusCode: statusCode ?? 0 },
    ...{ opened: opened ?? [], accesses: accesses ?? 1, at: lastAt ?? keptAt },
  };
}

function reviewText({ accesses, actors, persons, unusual }: AccessReview): string {
  if (accesses === 0) return 'Nothing was accessed.';
  const shown = persons.slice(0, PERSONS_SHOWN);
  return [
    ...(unusual.length === 0 ? ['Nothing is unusual.'] : ['Unusual:', unusualTable(unusual)]),
    ...['', `${accesses} accesses, by actor:`, actorTable(actors)],
    ...(shown.length === 0 ? [] : ['', 'Persons, those with the most readers first:', personTable(shown)]),
    ...(persons.length > shown.length ? [`and ${persons.length - shown.length} more: --json`] : []),
  ].join('\n');
}

function unusualTable(unusual: readonly Unusual[]): string {
  return tableOf(
    ['actor', 'count:n', 'of'],
    unusual.map(({ actor, why, count }) => [actor, count, MEANINGS[why]]),
  );
}

function actorTable(actors: readonly ReviewedActor[]): string {
  return tableOf(
    ['actor', 'roles', 'accesses:n', 'persons:n', 'several at once:n', 'opened', 'changes:n', 'refused:n', 'last'],
    actors.map((one) => [
      ...[one.actor, one.roles.join(' '), one.accesses, one.persons, one.of_several],
      ...[one.opened.length === 0 ? null : one.opened.join(' '), one.changes, one.refused, one.last_at],
    ]),
  );
}

function personTable(persons: AccessReview['persons']): string {
  return tableOf(
    ['person', 'accesses:n', 'readers:n', 'who'],
    persons.map(({ subject, accesses, readers }) => [subject, accesses, readers.length, readers.join(' ')]),
  );
}

/** Names that end in `:n` are of numbers. */
function tableOf(names: readonly string[], rows: readonly (readonly (string | number | null)[])[]): string {
  const columns = names.map((name) => ({ name: name.replace(/:n$/, ''), type: name.endsWith(':n') ? 'integer' : 'string' }));
  return tableView({ columns, rows: rows.map((row) => [...row]) });
}
