/** Who accessed what: reads it, takes it out, and checks that none of it was changed. */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Client } from '@tidegate/sdk';
import { Option, type Command } from 'commander';
import { z } from 'zod';
import { addAuditReview } from './audit-review.ts';
import { tableView } from '../table-view.ts';
import { CommandFailure, connect, printJson, type Connection, type Terminal } from '../terminal.ts';

interface ListFlags extends Connection {
  readonly since?: string;
  readonly until?: string;
  readonly actor?: string;
  readonly subject?: string;
  readonly action?: string;
  readonly resource?: string;
  readonly limit?: string;
  readonly cursor?: string;
  readonly nobody?: true;
  readonly json?: true;
}

interface VerifyFlags extends Connection {
  readonly file?: string;
  readonly seen?: string;
  readonly nobody?: true;
  readonly json?: true;
}

const RECORD = z.looseObject({
  no: z.number(),
  timestamp: z.string().nullish(),
  kept_at: z.string(),
  actor: z.string(),
  role: z.string().nullish(),
  action: z.string(),
  route: z.string().nullish(),
  status_code: z.number().nullish(),
  subject: z.string().nullish(),
  accesses: z.number().nullish(),
});
const PAGE = z.object({ records: z.array(RECORD), next_cursor: z.string().nullable() });

/** As they came: the hash is over the members in their order. */
const EXPORTED = z.object({ records: z.array(z.record(z.string(), z.unknown())), next_cursor: z.string().nullable() });

const VERIFIED = z.looseObject({
  last_no: z.number(),
  last_hash: z.string(),
  checked: z.number(),
  next_from: z.number().nullable(),
  findings: z.array(z.looseObject({ no: z.number(), fault: z.string(), meaning: z.string() })),
});
type Findings = z.output<typeof VERIFIED>['findings'];

const EXPORT_PAGE = 1_000;

export function addAudit(program: Command, terminal: Terminal): void {
  const audit = program.command('audit').description('Who accessed what, kept for years in a signed chain; needs tenant:admin.');
  const nobody = (): Option => new Option('--nobody', 'accesses of whom nobody knew who they are; needs ops:admin');
  audit
    .command('list')
    .description('A page of accesses, the newest first.')
    .option('--since <instant>', 'kept at or after, RFC 3339')
    .option('--until <instant>', 'kept before')
    .option('--actor <id>', 'of a key or a user')
    .option('--subject <id>', 'of the person whose rows were shown')
    .option('--action <action>', 'create, read, update or delete')
    .option('--resource <type>', 'what was accessed, such as keys or query')
    .option('--limit <rows>', 'rows of a page, 1 to 1000')
    .option('--cursor <cursor>', 'of the page before')
    .addOption(nobody())
    .option('--json', 'the page as JSON')
    .action(async (_flags: unknown, command: Command) => {
      const { resource, json, nobody: isNobody, gateway, key, ...filters } = command.optsWithGlobals<ListFlags>();
      const connection = { ...(gateway === undefined ? {} : { gateway }), ...(key === undefined ? {} : { key }) };
      const page = await read(connect(terminal, connection), { ...filters, resource_type: resource, ...ofNobody(isNobody) });
      if (json === true) return printJson(terminal, page);
      terminal.stdout.write(`${pageText(page)}\n`);
    });
  addAuditReview(audit, terminal, nobody());
  audit
    .command('export')
    .description('The whole chain as NDJSON, from its first record on: `audit verify --file` checks it without a server.')
    .addOption(nobody())
    .action(async (_flags: unknown, command: Command) => {
      const { nobody: isNobody, ...connection } = command.optsWithGlobals<ListFlags>();
      await exportAll(terminal, connect(terminal, connection), ofNobody(isNobody));
    });
  audit
    .command('verify')
    .description('Check that no record was altered, removed, added or moved. Exit code 1 where one was.')
    .option('--seen <no:hash>', 'a record that was written down elsewhere, as this command told it: it must still be there')
    .option('--file <ndjson>', 'check an export, without a server: its hashes; signatures are checked by the server alone')
    .addOption(nobody())
    .option('--json', 'as JSON')
    .action(async (_flags: unknown, command: Command) => {
      const { file, seen, nobody: isNobody, json, ...connection } = command.optsWithGlobals<VerifyFlags>();
      const verified =
        file === undefined
          ? await verifyAll(terminal, connect(terminal, connection), { seen, ...ofNobody(isNobody) })
          : await verifyFile(file);
      if (json === true) printJson(terminal, verified);
      else terminal.stdout.write(verifiedText(verified));
      if (verified.findings.length > 0) throw new CommandFailure('The audit is not whole.');
    });
}

type Query = Readonly<Record<string, string | undefined>>;

function ofNobody(isNobody: true | undefined): Query {
  return isNobody === true ? { tenant: '-' } : {};
}

function searchOf(query: Query): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) search.set(name, value);
  return search.toString();
}

async function read(client: Client, query: Query): Promise<z.output<typeof PAGE>> {
  return PAGE.parse(await client.call({ method: 'GET', path: `/v1/admin/audit?${searchOf(query)}` }));
}

async function exportAll(terminal: Terminal, client: Client, query: Query): Promise<void> {
  let cursor: string | undefined;
  do {
    const path = `/v1/admin/audit?${searchOf({ ...query, order: 'chain', limit: String(EXPORT_PAGE), cursor })}`;
    const page = EXPORTED.parse(await client.call({ method: 'GET', path }));
    for (const record of page.records) terminal.stdout.write(`${JSON.stringify(record)}\n`);
    cursor = page.next_cursor ?? undefined;
  } while (cursor !== undefined);
}

interface AllVerified {
  readonly checked: number;
  readonly last_no: number;
  readonly last_hash: string;
  readonly findings: Findings;
}

async function verifyAll(terminal: Terminal, client: Client, query: Query): Promise<AllVerified> {
  let from: string | undefined;
  let checked = 0;
  const findings: Findings[number][] = [];
  const isDrawn = terminal.stderr.isTTY === true;
  for (;;) {
    const path = `/v1/admin/audit/verify?${searchOf({ ...query, from })}`;
    const verified = VERIFIED.parse(await client.call({ method: 'GET', path }));
    const { last_no: lastNo, last_hash: lastHash, next_from: nextFrom } = verified;
    checked += verified.checked;
    // What is said of the whole is said at each step.
    findings.push(...verified.findings.filter((one) => !findings.some(({ no, fault }) => no === one.no && fault === one.fault)));
    if (isDrawn) terminal.stderr.write(`\r\x1b[2K${nextFrom === null ? '' : `checked ${checked} of ${lastNo}`}`);
    if (nextFrom === null) return { checked, last_no: lastNo, last_hash: lastHash, findings };
    from = String(nextFrom);
  }
}

const LINE = z.looseObject({
  tenant: z.string(),
  no: z.int(),
  kept_at: z.string(),
  prev_hash: z.string(),
  hash: z.string(),
  signature: z.string(),
});

const EXPORTED_LINE = z.record(z.string(), z.unknown());

const FILE_MEANINGS = {
  altered: 'The record is not what was hashed.',
  unlinked: 'The record does not follow the one before it.',
  missing: 'The record, and perhaps more after it, is gone.',
  misplaced: 'The record stands where it does not belong.',
  unsigned: 'The record is not signed.',
} as const;

/** An export may begin where records that were kept for seven years ended: it is held to itself. */
async function verifyFile(path: string): Promise<AllVerified> {
  const { CHAIN_START, createChainCheck } = await import('@tidegate/runtime');
  let check: ReturnType<typeof createChainCheck> | null = null;
  let checked = 0;
  const findings: Findings[number][] = [];
  for await (const text of createInterface({ input: createReadStream(path), crlfDelay: Infinity })) {
    if (text.trim() === '') continue;
    const { place, record } = lineOf(text);
    const { tenant, no, kept_at: keptAt, prev_hash: prevHash, hash, signature } = place;
    const link = {
      ...{ tenant, no, keptAtMs: Date.parse(keptAt), record: JSON.stringify(record) },
      ...{ prevHash: bytesOf(prevHash), hash: bytesOf(hash), signature: bytesOf(signature) },
    };
    check ??= createChainCheck({ no: no - 1, hash: link.prevHash }, null);
    findings.push(...check.take(link).map((one) => ({ ...one, meaning: FILE_MEANINGS[one.fault] })));
    checked += 1;
  }
  const { no, hash } = check?.place() ?? CHAIN_START;
  return { checked, last_no: no, last_hash: Buffer.from(hash).toString('hex'), findings };
}

/** The record is what the line says beside its place in the chain, in the same order. */
function lineOf(text: string): { readonly place: z.output<typeof LINE>; readonly record: unknown } {
  try {
    const {
      no: _no,
      kept_at: _at,
      prev_hash: _prev,
      hash: _hash,
      signature: _signature,
      ...record
    } = EXPORTED_LINE.parse(JSON.parse(text));
    return { place: LINE.parse(JSON.parse(text)), record };
  } catch {
    throw new CommandFailure('The file is not an export of the audit: a line is no record.');
  }
}

function bytesOf(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex, 'hex'));
}

function pageText({ records, next_cursor: next }: z.output<typeof PAGE>): string {
  if (records.length === 0) return 'Nothing was accessed.';
  const names = ['no', 'at', 'actor', 'role', 'action', 'route', 'status', 'subject', 'accesses'];
  const columns = names.map((name) => ({ name, type: ['no', 'status', 'accesses'].includes(name) ? 'integer' : 'string' }));
  const rows = records.map((one) => [
    ...[one.no, one.timestamp ?? one.kept_at, one.actor, one.role ?? null, one.action, one.route ?? null],
    ...[one.status_code ?? null, one.subject ?? null, one.accesses ?? null],
  ]);
  return [tableView({ columns, rows }), ...(next === null ? [] : [`More: --cursor ${next}`])].join('\n');
}

function verifiedText({ checked, last_no: lastNo, last_hash: lastHash, findings }: AllVerified): string {
  if (findings.length > 0) return findings.map(({ no, fault, meaning }) => `record ${no}: ${fault}. ${meaning}\n`).join('');
  const kept = lastNo === 0 ? '' : `Write down elsewhere, for --seen: ${lastNo}:${lastHash}\n`;
  return `${checked} records are as they were written.\n${kept}`;
}
