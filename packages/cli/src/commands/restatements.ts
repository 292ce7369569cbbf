import type { Command } from 'commander';
import { z } from 'zod';
import { tableView } from '../table-view.ts';
import { connect, printJson, type Connection, type Terminal } from '../terminal.ts';

interface Flags extends Connection {
  readonly from?: string;
  readonly to?: string;
  readonly since?: string;
  readonly cursor?: string;
  readonly limit?: string;
  readonly json?: boolean;
}

const PAGE_SCHEMA = z.object({
  restatements: z.array(
    z.object({
      metric: z.string(),
      version: z.number(),
      bucket: z.string(),
      cause: z.string(),
      revision: z.number(),
      restated_at: z.string(),
    }),
  ),
  next_cursor: z.string().nullable(),
});

export function addRestatements(program: Command, terminal: Terminal): void {
  program
    .command('restatements [metric]')
    .description('Closed buckets (quarters of an hour) that were changed, and by what; needs query:read.')
    .option('--from <instant>', 'buckets that begin at or after, RFC 3339')
    .option('--to <instant>', 'buckets that begin before')
    .option('--since <instant>', 'changed at or after')
    .option('--cursor <cursor>', 'of the page before')
    .option('--limit <rows>', 'rows of a page, 1 to 1000')
    .option('--json', 'the page as JSON')
    .action(async (metric: string | undefined, _flags: unknown, command: Command) => {
      const { from, to, since, cursor, limit, json, ...connection } = command.optsWithGlobals<Flags>();
      const query = new URLSearchParams();
      for (const [name, value] of Object.entries({ metric, from, to, since, cursor, limit }))
        if (value !== undefined) query.set(name, value);
      const page = await connect(terminal, connection).call({ method: 'GET', path: `/v1/restatements?${query.toString()}` });
      if (json === true) return printJson(terminal, page);
      terminal.stdout.write(`${pageText(PAGE_SCHEMA.parse(page))}\n`);
    });
}

function pageText({ restatements, next_cursor: next }: z.output<typeof PAGE_SCHEMA>): string {
  if (restatements.length === 0) return 'No closed bucket was changed.';
  const columns = [
    { name: 'bucket', type: 'time' },
    { name: 'metric', type: 'string' },
    { name: 'version', type: 'integer' },
    { name: 'cause', type: 'string' },
    { name: 'revision', type: 'integer' },
    { name: 'restated_at', type: 'time' },
  ] as const;
  const rows = restatements.map((row) => [row.bucket, row.metric, row.version, row.cause, row.revision, row.restated_at]);
  return [tableView({ columns, rows }), ...(next === null ? [] : [`More: --cursor ${next}`])].join('\n');
}
