/** The audit as it is read and checked. */
import type { AuditLink, AuditTotal } from '@tidegate/runtime';
import type pg from 'pg';
import type { StoredChain } from './audit-keeper.ts';
import { readChains } from './audit-keeper.ts';
import { run } from './statements.ts';

export interface AuditFilter {
  readonly tenant: string;
  /** Kept in the half-open range. */
  readonly sinceMs: number | null;
  readonly untilMs: number | null;
  readonly actor: string | null;
  readonly subject: string | null;
  readonly action: string | null;
  readonly resource: string | null;
  readonly beforeNo: number | null;
  readonly rowsMax: number;
}

export interface AuditReader {
  /** The newest first. */
  list(filter: AuditFilter): Promise<readonly AuditLink[]>;
  /** In the order of the chain, from a number on. */
  readLinks(of: { readonly tenant: string; readonly fromNo: number; readonly rowsMax: number }): Promise<readonly AuditLink[]>;
  readChain(tenant: string): Promise<StoredChain>;
  /** What was signed to be in all chains, and what their ends add up to. */
  readTotal(): Promise<AuditTotal & { readonly found: number }>;
}

interface LinkRow {
  readonly no: number;
  readonly kept_at_ms: number;
  readonly record: string;
  readonly prev_hash: Uint8Array;
  readonly hash: Uint8Array;
  readonly signature: Uint8Array;
}

export function createAuditReader(pool: pg.Pool): AuditReader {
  return {
    async list({ tenant, sinceMs, untilMs, actor, subject, action, resource, beforeNo, rowsMax }) {
      const between = [sinceMs, untilMs].map((ms) => (ms === null ? null : new Date(ms).toISOString()));
      const values = [tenant, ...between, actor, subject, action, resource, beforeNo, rowsMax];
      return (await run<LinkRow>(pool, 'list-audit-records', values)).map((row) => toLink(tenant, row));
    },
    readLinks: async ({ tenant, fromNo, rowsMax }) =>
      (await run<LinkRow>(pool, 'read-audit-links', [tenant, fromNo, rowsMax])).map((row) => toLink(tenant, row)),
    readChain: async (tenant) => (await readChains(pool, [tenant])).get(tenant) ?? { ends: null, record: null },
    async readTotal() {
      const [row] = await run<AuditTotal & { readonly found: number }>(pool, 'read-audit-total', []);
      return row ?? { records: 0, signature: new Uint8Array(0), found: 0 };
    },
  };
}

function toLink(tenant: string, { no, kept_at_ms: keptAtMs, record, prev_hash: prevHash, hash, signature }: LinkRow): AuditLink {
  return { tenant, no, keptAtMs, record, prevHash, hash, signature };
}
