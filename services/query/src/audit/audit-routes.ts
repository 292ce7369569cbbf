/** `/v1/admin/audit`: who accessed what, and whether that is still what was written down. */
import { toIsoUtc } from '@tidegate/core';
import { AUDIT_QUERY, AUDIT_VERIFY_QUERY, decodeJson, invalidMember, invalidRequest, NO_TENANT, refuse, sendJson } from '@tidegate/http';
import type { Exchange, ProblemFault } from '@tidegate/http';
import type { AuditFilter, AuditReader } from '@tidegate/postgres';
import type { AuditChain, AuditLink, Sealer } from '@tidegate/runtime';
import { z } from 'zod';
import { openText, sealText } from '../sealed-text.ts';
import { verifyChain } from './verify-chain.ts';

export interface AuditRoutesDeps {
  readonly accesses: AuditReader;
  readonly auditChain: Pick<AuditChain, 'isLinkSigned' | 'areEndsSigned' | 'isTotalSigned'>;
  readonly cursorSealer: Sealer;
  readonly pseudonymOf: (tenant: string, id: string) => string;
}

type Answering = (exchange: Exchange) => Promise<void>;

/** Which list (tenant and filters), then the number of the last record that was told. */
const CURSOR_SCHEMA = z.tuple([z.string(), z.int()]);

export function createAuditHandlers(deps: AuditRoutesDeps): { readonly readAudit: Answering; readonly verifyAudit: Answering } {
  return {
    async readAudit(exchange) {
      const asked = parse(exchange, AUDIT_QUERY);
      if (asked === null) return;
      const { cursor, limit, order, ...filters } = asked;
      const tenant = tenantOf(exchange, filters.tenant);
      if (tenant === null) return refuse(exchange, { code: 'scope_missing', detail: NEEDS_OPERATOR });
      if (order === 'chain' && isFiltered(filters)) return refuse(exchange, CHAIN_IS_WHOLE);
      const list = JSON.stringify([tenant, order, filters]);
      const after = cursor === undefined ? null : openCursor(deps.cursorSealer, list, cursor);
      if (after === undefined) return refuse(exchange, { code: 'cursor_invalid' });
      const rows = await readRows(deps, { tenant, filters, order, after, rowsMax: limit + 1 });
      const page = rows.slice(0, limit);
      const last = rows.length > limit ? page.at(-1) : undefined;
      send(exchange, page.map(view), last === undefined ? null : sealText(deps.cursorSealer, [list, last.no]));
    },
    async verifyAudit(exchange) {
      const asked = parse(exchange, AUDIT_VERIFY_QUERY);
      if (asked === null) return;
      const tenant = tenantOf(exchange, asked.tenant);
      if (tenant === null) return refuse(exchange, { code: 'scope_missing', detail: NEEDS_OPERATOR });
      const { from = null, limit, seen = null } = asked;
      const verified = await verifyChain(deps.accesses, deps.auditChain, { tenant, fromNo: from, recordsMax: limit, seen: toSeen(seen) });
      sendJson(exchange, verified, { headers: NO_STORE });
    },
  };
}

const OPERATOR = 'ops:admin';
const NEEDS_OPERATOR = `Use a key that has the scope ${OPERATOR}.`;
const CHAIN_IS_WHOLE: ProblemFault = invalidMember('order', 'the chain is told as a whole, without a filter');
const NO_STORE = { 'cache-control': 'no-store' } as const;

/** Null: the caller may not see it. */
function tenantOf({ caller }: Exchange, asked: string | undefined): string | null {
  if (asked === undefined) return caller.tenant;
  return caller.scopes.includes(OPERATOR) ? NO_TENANT : null;
}

function toSeen(text: string | null): { readonly no: number; readonly hash: string } | null {
  const [no, hash] = text?.split(':') ?? [];
  return no === undefined || hash === undefined ? null : { no: Number(no), hash };
}

type Filters = Omit<z.output<typeof AUDIT_QUERY>, 'cursor' | 'limit' | 'order'>;

function toFilter(
  { pseudonymOf }: AuditRoutesDeps,
  tenant: string,
  { since, until, actor, subject, action, resource_type: resource }: Filters,
): Omit<AuditFilter, 'beforeNo' | 'rowsMax'> {
  const msOf = (instant: string | undefined): number | null => (instant === undefined ? null : Date.parse(instant));
  return {
    ...{ tenant, sinceMs: msOf(since), untilMs: msOf(until), actor: actor ?? null },
    ...{ subject: subject === undefined ? null : pseudonymOf(tenant, subject), action: action ?? null, resource: resource ?? null },
  };
}

interface Rows extends Pick<z.output<typeof AUDIT_QUERY>, 'order'> {
  readonly tenant: string;
  readonly filters: Filters;
  readonly after: number | null;
  readonly rowsMax: number;
}

function readRows(deps: AuditRoutesDeps, { tenant, filters, order, after, rowsMax }: Rows): Promise<readonly AuditLink[]> {
  if (order === 'chain') return deps.accesses.readLinks({ tenant, fromNo: (after ?? 0) + 1, rowsMax });
  return deps.accesses.list({ ...toFilter(deps, tenant, filters), beforeNo: after, rowsMax });
}

function isFiltered(filters: Filters): boolean {
  return Object.entries(filters).some(([name, value]) => name !== 'tenant' && value !== undefined);
}

/** Undefined where it is no cursor of this list. */
function openCursor(sealer: Sealer, list: string, text: string): number | undefined {
  const read = CURSOR_SCHEMA.safeParse(openText(sealer, text));
  return read.success && read.data[0] === list ? read.data[1] : undefined;
}

function view({ record, no, keptAtMs, prevHash, hash, signature }: AuditLink): Readonly<Record<string, unknown>> {
  const said = decodeJson(Buffer.from(record));
  return {
    ...(said.ok ? (said.value as Record<string, unknown>) : {}),
    ...{ no, kept_at: toIsoUtc(keptAtMs), prev_hash: hexOf(prevHash), hash: hexOf(hash), signature: hexOf(signature) },
  };
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

function send(exchange: Exchange, records: readonly Readonly<Record<string, unknown>>[], cursor: string | null): void {
  const { request, response, context } = exchange;
  const headers = { ...NO_STORE, vary: 'accept', ...(cursor === null ? {} : { 'tidegate-next-cursor': cursor }) };
  if (request.headers.accept?.includes('application/x-ndjson') !== true) {
    return sendJson(exchange, { records, next_cursor: cursor }, { headers });
  }
  const lines = records.map((record) => `${JSON.stringify(record)}\n`).join('');
  response.writeHead(200, { ...headers, 'content-type': 'application/x-ndjson', 'x-request-id': context.requestId }).end(lines);
}

/** Null: it is answered already. */
function parse<T>(exchange: Exchange, schema: z.ZodType<T>): T | null {
  const asked = schema.safeParse(Object.fromEntries(exchange.query));
  if (asked.success) return asked.data;
  refuse(exchange, invalidRequest(asked.error));
  return null;
}
