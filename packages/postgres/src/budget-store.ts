/** Budgets of dimensions as their tenant sees them. */
import type pg from 'pg';
import { run } from './statements.ts';

export interface BudgetInfo {
  readonly metric: string;
  readonly dimension: string;
  /** `2026-11-29`, UTC, by the time of the events. */
  readonly day: string;
  readonly values: number;
  /** As it was when a value was asked about last. */
  readonly valuesMax: number;
  readonly spentAtMs: number | null;
}

export interface BudgetFilter {
  readonly tenant: string;
  readonly sinceDay: string;
  readonly metric: string | null;
  readonly onlySpent: boolean;
  readonly rowsMax: number;
}

export interface BudgetStore {
  /** Spent ones first, then the fullest. */
  list(filter: BudgetFilter): Promise<readonly BudgetInfo[]>;
}

interface Row {
  readonly metric: string;
  readonly dimension: string;
  readonly day: string;
  readonly admitted: number;
  readonly values_max: number;
  readonly spent_at_ms: number | null;
}

export function createBudgetStore(pool: pg.Pool): BudgetStore {
  return {
    async list({ tenant, sinceDay, metric, onlySpent, rowsMax }) {
      const rows = await run<Row>(pool, 'list-budgets', [tenant, sinceDay, metric, onlySpent, rowsMax]);
      return rows.map(({ admitted: values, values_max: valuesMax, spent_at_ms: spentAtMs, ...row }) => ({
        ...{ metric: row.metric, dimension: row.dimension, day: row.day },
        ...{ values, valuesMax, spentAtMs },
      }));
    },
  };
}
