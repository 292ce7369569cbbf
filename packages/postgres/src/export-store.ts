/** Exports of persons that are kept for a day, and from when to when a person has figures (docs/design/person-exports.md). */
import type pg from 'pg';
import { textArray } from './binary-array.ts';
import type { ErasurePlaceWork } from './erasure-store.ts';
import { run } from './statements.ts';

export interface ExportToBegin {
  /** Of the job. */
  readonly exportId: string;
  readonly tenant: string;
  /** The pseudonym. */
  readonly subject: string;
  readonly format: string;
}

export interface PersonExport extends ExportToBegin {
  /** Null: it is being made. */
  readonly bytes: number | null;
  readonly expiresMs: number;
}

export interface PersonSpan {
  readonly metric: string;
  readonly setNo: number;
  /** Start of the first and of the last cell, epoch seconds. */
  readonly fromS: number;
  readonly lastS: number;
}

export interface ExportStore {
  /** One that is there stays as it is; none is made of who is erased, or is to be. */
  ask(asked: ExportToBegin): Promise<void>;
  /** An attempt to make it: nothing of an earlier one is left. False: the person is erased, or is to be. */
  begin(asked: ExportToBegin): Promise<boolean>;
  putPart(exportId: string, part: number, sealed: Uint8Array): Promise<void>;
  /** False: it is there no more. */
  end(exportId: string, bytes: number): Promise<boolean>;
  /** Null: there is none, or its day is over. */
  find(tenant: string, exportId: string): Promise<PersonExport | null>;
  /** From 0 on; null: there is none (any more). */
  readPart(exportId: string, part: number): Promise<Uint8Array | null>;
  deleteExpired(): Promise<void>;
  forgetExports(work: ErasurePlaceWork): Promise<void>;
  spansOf(tenant: string, subject: string, metrics: readonly string[]): Promise<readonly PersonSpan[]>;
}

interface ExportRow {
  readonly subject: string;
  readonly format: string;
  readonly bytes: number | null;
  readonly expires_at_ms: number;
}

interface SpanRow {
  readonly metric: string;
  readonly set_no: number;
  readonly from_s: number;
  readonly last_s: number;
}

export function createExportStore(pool: pg.Pool): ExportStore {
  return {
    ask: async ({ exportId, tenant, subject, format }) => void (await run(pool, 'ask-person-export', [exportId, tenant, subject, format])),
    begin: async ({ exportId, tenant, subject, format }) =>
      (await run(pool, 'begin-person-export', [exportId, tenant, subject, format])).length > 0,
    putPart: async (exportId, part, sealed) => void (await run(pool, 'insert-export-part', [exportId, part, Buffer.from(sealed)])),
    end: async (exportId, bytes) => (await run(pool, 'end-person-export', [exportId, bytes])).length > 0,
    async find(tenant, exportId) {
      const [row] = await run<ExportRow>(pool, 'find-person-export', [tenant, exportId]);
      if (row === undefined) return null;
      const { subject, format, bytes, expires_at_ms: expiresMs } = row;
      return { exportId, tenant, subject, format, bytes, expiresMs };
    },
    readPart: async (exportId, part) => (await run<{ sealed: Buffer }>(pool, 'read-export-part', [exportId, part]))[0]?.sealed ?? null,
    deleteExpired: async () => void (await run(pool, 'delete-expired-exports', [])),
    forgetExports: async ({ requestId, tenant, subject }) => void (await run(pool, 'forget-exports', [requestId, tenant, subject])),
    async spansOf(tenant, subject, metrics) {
      const rows = await run<SpanRow>(pool, 'read-person-spans', [tenant, subject, textArray(metrics)]);
      return rows.map(({ metric, set_no: setNo, from_s: fromS, last_s: lastS }) => ({ metric, setNo, fromS, lastS }));
    },
  };
}
