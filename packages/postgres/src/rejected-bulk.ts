/** Rejected rows by the page, for a job that replays many of them. */
import type pg from 'pg';
import type { RejectedDetail, RejectedLane, RejectedPlace } from './rejected-store.ts';
import { isoOrNull, rejectedRef, toDetail } from './rejected-store.ts';
import type { DetailRow } from './rejected-store.ts';
import { run } from './statements.ts';

export interface OpenRows {
  readonly tenant: string;
  readonly sinceMs: number | null;
  readonly untilMs: number;
  readonly code: string | null;
}

export interface OpenPage extends OpenRows {
  /** The last row of the page before. */
  readonly after: (RejectedPlace & { readonly receivedAtMs: number }) | null;
  readonly jobId: string;
  readonly rowsMax: number;
}

export type Bound = RejectedPlace & { readonly identity: Uint8Array };
export type Closed = RejectedPlace & { readonly receipt: string };
export type Raised = RejectedPlace & { readonly code: string; readonly path: string };

/** Each of these changes open rows alone, and is the same when done twice. */
export interface BulkRejected {
  /** Oldest first. Without rows of three attempts and without those that the job has refused. */
  page(asked: OpenPage): Promise<readonly RejectedDetail[]>;
  count(asked: OpenRows): Promise<number>;
  /** Names of the rows that are bound to their identity now. */
  bind(tenant: string, rows: readonly Bound[]): Promise<ReadonlySet<string>>;
  close(tenant: string, rows: readonly Closed[]): Promise<void>;
  raise(tenant: string, rows: readonly Raised[], jobId: string): Promise<void>;
}

const EVER = '-infinity';

export function createBulkRejected(pool: pg.Pool, topics: Readonly<Record<RejectedLane, string>>): BulkRejected {
  const columnsOf = (rows: readonly RejectedPlace[]): unknown[] => [
    rows.map(({ lane }) => topics[lane]),
    rows.map(({ logGeneration }) => logGeneration),
    rows.map(({ partition }) => partition),
    rows.map(({ logOffset }) => logOffset),
  ];
  const filterOf = ({ tenant, sinceMs, untilMs, code }: OpenRows): unknown[] => [
    tenant,
    isoOrNull(sinceMs) ?? EVER,
    isoOrNull(untilMs),
    code,
  ];
  return {
    async page({ after, jobId, rowsMax, ...filter }) {
      const last =
        after === null
          ? [EVER, '', 0, 0, 0]
          : [isoOrNull(after.receivedAtMs), topics[after.lane], after.logGeneration, after.partition, after.logOffset];
      return (await run<DetailRow>(pool, 'page-open-rejected', [...filterOf(filter), ...last, jobId, rowsMax])).map(toDetail);
    },
    async count(filter) {
      const [counted] = await run<{ rows: number }>(pool, 'count-open-rejected', filterOf(filter));
      return counted?.rows ?? 0;
    },
    async bind(tenant, rows) {
      const identities = rows.map(({ identity }) => Buffer.from(identity));
      const bound = await run<DetailRow>(pool, 'bind-many-rejected', [tenant, ...columnsOf(rows), identities]);
      return new Set(
        bound.map(({ lane, log_generation: logGeneration, partition, log_offset: logOffset }) =>
          rejectedRef({ lane, logGeneration, partition, logOffset: Number(logOffset) }),
        ),
      );
    },
    close: async (tenant, rows) =>
      void (await run(pool, 'close-many-rejected', [tenant, ...columnsOf(rows), rows.map(({ receipt }) => receipt)])),
    raise: async (tenant, rows, jobId) =>
      void (await run(pool, 'raise-many-rejected', [
        tenant,
        ...columnsOf(rows),
        rows.map(({ code }) => code),
        rows.map(({ path }) => path),
        jobId,
      ])),
  };
}
