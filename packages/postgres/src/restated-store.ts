/** Closed buckets that were changed, and by what. */
import type pg from 'pg';
import { run } from './statements.ts';

export type RestatedCause = 'late_event' | 'erasure' | 'repair' | 'retention';

/** A closed bucket (its start, a quarter of an hour) that a commit changes. */
export interface RestatedBucket {
  readonly tenant: string;
  readonly metric: string;
  readonly version: number;
  readonly bucketS: number;
  readonly cause: RestatedCause;
}

export interface RestatedInfo extends Omit<RestatedBucket, 'tenant'> {
  /** Commits that changed it since it closed. */
  readonly revision: number;
  readonly firstAtMs: number;
  readonly restatedAtMs: number;
}

export type RestatedPlace = Pick<RestatedBucket, 'metric' | 'version' | 'bucketS' | 'cause'>;

export interface RestatedFilter {
  readonly tenant: string;
  readonly metric: string | null;
  /** Buckets that begin in the half-open range, epoch seconds. */
  readonly fromS: number | null;
  readonly toS: number | null;
  /** Changed at or after. */
  readonly sinceMs: number | null;
  readonly after: RestatedPlace | null;
  readonly rowsMax: number;
}

export interface RestatedStore {
  /** By metric, version, bucket and cause. */
  list(filter: RestatedFilter): Promise<readonly RestatedInfo[]>;
}

interface Row {
  readonly metric: string;
  readonly version: number;
  readonly bucket_s: number;
  readonly cause: RestatedCause;
  readonly revision: number;
  readonly first_at_ms: number;
  readonly restated_at_ms: number;
}

export function createRestatedStore(pool: pg.Pool): RestatedStore {
  return {
    async list({ tenant, metric, fromS, toS, sinceMs, after, rowsMax }) {
      const since = sinceMs === null ? null : new Date(sinceMs).toISOString();
      const place = after === null ? [null, null, null, null] : [after.metric, after.version, after.bucketS, after.cause];
      const rows = await run<Row>(pool, 'list-restated', [tenant, metric, fromS, toS, since, ...place, rowsMax]);
      return rows.map((row) => ({
        ...{ metric: row.metric, version: row.version, bucketS: row.bucket_s, cause: row.cause, revision: row.revision },
        ...{ firstAtMs: row.first_at_ms, restatedAtMs: row.restated_at_ms },
      }));
    },
  };
}
