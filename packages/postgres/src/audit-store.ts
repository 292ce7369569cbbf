/** Recounts as their tenant sees them. */
import type { GrainCode } from '@tidegate/core';
import type pg from 'pg';
import type { DriftKind } from './recount-shape.ts';
import { run } from './statements.ts';
import type { TaskRow } from './task-shape.ts';

export interface DriftInfo {
  readonly metric: string;
  readonly version: number;
  readonly partition: number;
  readonly grain: GrainCode;
  readonly bucketS: number;
  readonly subject: string;
  readonly dims: Readonly<Record<string, string | null>>;
  readonly kind: DriftKind;
  readonly expected: unknown;
  readonly found: unknown;
  readonly foundAtMs: number;
  /** Null: the cell had changed meanwhile. */
  readonly repairedAtMs: number | null;
}

export interface AuditStore {
  /** A row for each partition and metric version that was recounted; see `fromRecountJson` of core. */
  readRecounts(tenant: string): Promise<readonly Pick<TaskRow, 'spec' | 'cursor'>[]>;
  /** The newest request of each metric; null: of all metrics. */
  readRequests(tenant: string): Promise<ReadonlyMap<string | null, number>>;
  /** The newest first. */
  listDrifts(of: { readonly tenant: string; readonly metric: string | null; readonly rowsMax: number }): Promise<readonly DriftInfo[]>;
  /** Resolves to the number of the request. */
  request(of: { readonly tenant: string; readonly metric: string | null; readonly askedBy: string }): Promise<number>;
}

type DriftColumns = Pick<DriftInfo, 'metric' | 'version' | 'partition' | 'grain' | 'subject' | 'dims' | 'kind' | 'expected' | 'found'> & {
  readonly bucket_s: number;
  readonly found_at_ms: number;
  readonly repaired_at_ms: number | null;
};

export function createAuditStore(pool: pg.Pool): AuditStore {
  return {
    readRecounts: (tenant) => run<Pick<TaskRow, 'spec' | 'cursor'>>(pool, 'read-recounts', [tenant]),
    async readRequests(tenant) {
      const rows = await run<{ tenant: string; metric: string | null; request_no: number }>(pool, 'read-recount-requests', []);
      return new Map(rows.filter((row) => row.tenant === tenant).map((row) => [row.metric, row.request_no]));
    },
    async listDrifts({ tenant, metric, rowsMax }) {
      const rows = await run<DriftColumns>(pool, 'list-drifts', [tenant, metric, rowsMax]);
      return rows.map(({ bucket_s: bucketS, found_at_ms: foundAtMs, repaired_at_ms: repairedAtMs, ...row }) => ({
        ...row,
        ...{ bucketS, foundAtMs, repairedAtMs },
      }));
    },
    async request({ tenant, metric, askedBy }) {
      const [row] = await run<{ request_no: number }>(pool, 'insert-recount-request', [tenant, metric, askedBy]);
      return row?.request_no ?? 0;
    },
  };
}
