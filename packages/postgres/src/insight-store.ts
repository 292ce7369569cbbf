/** Findings of the rules of packs: each stands as long as it holds, and stays readable as it was afterwards. */
import type { Finding } from '@tidegate/core';
import type pg from 'pg';
import { run } from './statements.ts';

/** Whose findings of which insight. */
export interface FindingsOf {
  readonly tenant: string;
  /** Pseudonym; the empty text: of nobody in particular. */
  readonly subject: string;
  readonly pack: string;
  readonly insight: string;
}

export interface KeptFinding {
  readonly id: string;
  readonly finding: Finding;
  readonly createdMs: number;
  readonly seenMs: number;
  /** Null: it holds. */
  readonly closedMs: number | null;
  /** Another finding of the same took its place. */
  readonly isSuperseded: boolean;
}

export interface FindingChanges {
  readonly close: readonly Pick<KeptFinding, 'id' | 'isSuperseded'>[];
  readonly insert: readonly Pick<KeptFinding, 'id' | 'finding'>[];
  /** Found again. */
  readonly see: readonly string[];
  readonly nowMs: number;
}

export interface InsightStore {
  /** Those that hold first, by rank, then those that do not, the newest first. */
  list(of: FindingsOf, asked: { readonly withClosed: boolean; readonly rowsMax: number }): Promise<readonly KeptFinding[]>;
  /**
   * Returns how many were made: what another reader made at the same time stands already. Each statement is whole by itself; what
   * is left of changes that broke off is done by the next reader.
   */
  change(of: FindingsOf, changes: FindingChanges): Promise<number>;
}

interface Row {
  readonly id: string;
  readonly finding: Finding;
  readonly is_superseded: boolean;
  readonly created_at_ms: number;
  readonly seen_at_ms: number;
  readonly closed_at_ms: number | null;
}

export function createInsightStore(pool: pg.Pool): InsightStore {
  return {
    async list({ tenant, subject, pack, insight }, { withClosed, rowsMax }) {
      const rows = await run<Row>(pool, 'list-findings', [tenant, subject, pack, insight, withClosed, rowsMax]);
      return rows.map((row) => ({
        ...{ id: row.id, finding: row.finding, isSuperseded: row.is_superseded },
        ...{ createdMs: row.created_at_ms, seenMs: row.seen_at_ms, closedMs: row.closed_at_ms },
      }));
    },
    async change({ tenant, subject, pack, insight }, { close, insert, see, nowMs }) {
      const of = [tenant, subject, pack, insight];
      const now = new Date(nowMs).toISOString();
      if (close.length > 0) {
        await run(pool, 'close-findings', [...of, close.map(({ id }) => id), close.map(({ isSuperseded }) => isSuperseded), now]);
      }
      if (see.length > 0) await run(pool, 'see-findings', [...of, see, now]);
      if (insert.length === 0) return 0;
      const columns = [
        insert.map(({ id }) => id),
        insert.map(({ finding }) => finding.rule),
        insert.map(({ finding }) => finding.about),
        insert.map(({ finding }) => finding.rank),
        insert.map(({ finding }) => JSON.stringify(finding)),
      ];
      return (await run(pool, 'insert-findings', [...of, ...columns, now])).length;
    },
  };
}
