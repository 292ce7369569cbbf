/** `GET /v1/rejected`: what was refused, why, and what became of it. Nothing of an event is read here, sealed or not. */
import { FAULTS, toIsoUtc } from '@tidegate/core';
import type { Exchange } from '@tidegate/http';
import { invalidRequest, refuse, REJECTED_QUERY, sendJson } from '@tidegate/http';
import type { RejectedDay, RejectedFilter, RejectedInfo, RejectedPlace, RejectedStore } from '@tidegate/postgres';
import { parseRejectedRef, rejectedRef } from '@tidegate/postgres';
import type { Sealer } from '@tidegate/runtime';
import { z } from 'zod';
import { openText, sealText } from './sealed-text.ts';

export interface RejectedDeps {
  readonly rejected: Pick<RejectedStore, 'list' | 'listBeyond' | 'find'>;
  readonly cursorSealer: Sealer;
}

/** As long as ingest keeps of an original. */
const ORIGINAL_BYTES_MAX = 64 * 1_024;

/** Tenant, since and code of the list, then instant and name of the last row that was told. */
const CURSOR_SCHEMA = z.tuple([z.string(), z.string(), z.string(), z.number(), z.string()]);

export function createRejectedHandlers(deps: RejectedDeps): { readonly listRejected: Listing; readonly readRejected: Listing } {
  return {
    async listRejected(exchange) {
      const asked = REJECTED_QUERY.safeParse(Object.fromEntries(exchange.query));
      if (!asked.success) return refuse(exchange, invalidRequest(asked.error));
      const { cursor, limit } = asked.data;
      const list = listOf(exchange, asked.data);
      if (!maySee(exchange, list.tenant)) return refuse(exchange, { code: 'scope_missing', detail: NEEDS_OPERATOR });
      const after = cursor === undefined ? null : openCursor(deps.cursorSealer, list, cursor);
      if (after === undefined) return refuse(exchange, { code: 'cursor_invalid' });
      const rows = await deps.rejected.list({ ...filterOf(list), after, rowsMax: limit + 1 });
      const beyond = after === null ? await deps.rejected.listBeyond(filterOf(list)) : [];
      const page = rows.slice(0, limit);
      const last = rows.length > limit ? page.at(-1) : undefined;
      const next = last === undefined ? null : sealCursor(deps.cursorSealer, list, last);
      sendJson(exchange, { rejected: page.map(view), next_cursor: next, beyond_quota: beyond.map(viewBeyond) });
    },
    async readRejected(exchange) {
      const place = parseRejectedRef(exchange.params['ref'] ?? '');
      const row = place === null ? null : await findFor(deps, exchange, place);
      return row === null ? refuse(exchange, { code: 'not_found' }) : sendJson(exchange, view(row));
    },
  };
}

/** Of records that could not be read: whose they are nobody knows, so operators of the installation see them and no tenant. */
const NO_TENANT = '-';
const OPERATOR = 'ops:admin';
const NEEDS_OPERATOR = `Use a key that has the scope ${OPERATOR}.`;

function maySee({ caller }: Exchange, tenant: string): boolean {
  return tenant === caller.tenant || (tenant === NO_TENANT && caller.scopes.includes(OPERATOR));
}

async function findFor({ rejected }: RejectedDeps, exchange: Exchange, place: RejectedPlace): Promise<RejectedInfo | null> {
  const own = await rejected.find(exchange.caller.tenant, place);
  return own === null && maySee(exchange, NO_TENANT) ? rejected.find(NO_TENANT, place) : own;
}

type Listing = (exchange: Exchange) => Promise<void>;

interface Listed {
  readonly tenant: string;
  readonly since: string;
  readonly code: string;
}

function listOf({ caller }: Exchange, { since = '', code = '', tenant }: z.output<typeof REJECTED_QUERY>): Listed {
  return { tenant: tenant ?? caller.tenant, since, code };
}

function filterOf({ tenant, since, code }: Listed): Pick<RejectedFilter, 'tenant' | 'sinceMs' | 'code'> {
  return { tenant, sinceMs: since === '' ? null : Date.parse(since), code: code === '' ? null : code };
}

function sealCursor(sealer: Sealer, { tenant, since, code }: Listed, last: RejectedInfo): string {
  return sealText(sealer, [tenant, since, code, last.receivedAtMs, rejectedRef(last)]);
}

/** Undefined where it is no cursor of this list. */
function openCursor(sealer: Sealer, list: Listed, text: string): RejectedFilter['after'] | undefined {
  const read = CURSOR_SCHEMA.safeParse(openText(sealer, text));
  if (!read.success) return undefined;
  const [tenant, since, code, receivedAtMs, ref] = read.data;
  const place = parseRejectedRef(ref);
  const isOfList = tenant === list.tenant && since === list.since && code === list.code;
  return place === null || !isOfList ? undefined : { ...place, receivedAtMs };
}

function view(row: RejectedInfo): Readonly<Record<string, unknown>> {
  return {
    ref: rejectedRef(row),
    code: row.code,
    path: row.path,
    ...adviceOf(row.code),
    stage: row.lane,
    received_at: toIsoUtc(row.receivedAtMs),
    length: row.lengthBytes,
    original: keptOf(row),
    format: row.format,
    attempts: row.attempts,
    state: row.isReplayed ? 'replayed' : 'open',
    replayed_at: row.replayedAtMs === null ? null : toIsoUtc(row.replayedAtMs),
    receipt: row.receipt,
  };
}

function viewBeyond({ firstAtMs, lastAtMs, ...day }: RejectedDay): Readonly<Record<string, unknown>> {
  return { ...day, first_at: toIsoUtc(firstAtMs), last_at: toIsoUtc(lastAtMs) };
}

/** A row may be older than this program, or younger, and its code one that it does not know. */
function adviceOf(code: string): { readonly title: string | null; readonly meaning: string | null; readonly next: string | null } {
  const known = Object.entries(FAULTS).find(([name]) => name === code)?.[1];
  if (known === undefined) return { title: null, meaning: null, next: null };
  const { title, meaning, next } = known;
  return { title, meaning, next };
}

function keptOf({ sealedBytes, lengthBytes }: RejectedInfo): 'whole' | 'cut' | 'none' {
  if (sealedBytes === 0) return 'none';
  return lengthBytes > ORIGINAL_BYTES_MAX ? 'cut' : 'whole';
}
