/**
 * The job `person.export`: an export that was too large, or took too long, for an answer. Its bytes are kept in parts, sealed, for a day.
 *
 * | the process dies after | what the next attempt finds                                            |
 * |------------------------|------------------------------------------------------------------------|
 * | 1 begin                | the row, and no part                                                   |
 * | 2 a part               | it begins anew: parts of an earlier attempt are deleted                |
 * | 3 end                  | the same; whoever has a link reads parts of one attempt, or is refused |
 *
 * A person who is erased meanwhile takes the row away, so no part can be written any more.
 */
import { decodeExactly } from '@tidegate/http';
import type { DeclaredJob, ExportStore } from '@tidegate/postgres';
import { declareJob, JobFault } from '@tidegate/postgres';
import type { Sealer } from '@tidegate/runtime';
import { z } from 'zod';
import { archiveJobFault } from '../archive-fault.ts';
import { openText, sealText } from '../sealed-text.ts';
import type { MakeExport } from './make-export.ts';

export const EXPORT_JOB = 'person.export';
/** As long as its bytes. */
const KEEP_S = 86_400;
const PART_BYTES = 1_048_576;

const PARAMS_SCHEMA = z.object({ tenant: z.string(), plain: z.string(), format: z.enum(['json', 'zip']) });
export type ExportParams = z.output<typeof PARAMS_SCHEMA>;

/** Sealed, for they name a person; equal ones are one job. */
export function exportParams(sealer: Sealer, params: ExportParams): string {
  return JSON.stringify({ v: 1, sealed: sealText(sealer, params) });
}

export interface ExportJobDeps {
  readonly exports: Pick<ExportStore, 'begin' | 'putPart' | 'end'>;
  readonly make: MakeExport;
  /** Repeatable. */
  readonly sealer: Sealer;
  /** Of the bytes that are kept. */
  readonly partSealer: Sealer;
  readonly pseudonymOf: (tenant: string, id: string) => string;
}

const SEALED_SCHEMA = z.object({ v: z.literal(1), sealed: z.string() });

export function createExportJob({ exports, make, sealer, partSealer, pseudonymOf }: ExportJobDeps): DeclaredJob {
  return declareJob({
    name: EXPORT_JOB,
    keepS: KEEP_S,
    readParams: (text) => PARAMS_SCHEMA.parse(openText(sealer, SEALED_SCHEMA.parse(decodeExactly(text)).sealed)),
    async run({ id: exportId, params: { tenant, plain, format }, signal, advance }) {
      const subject = pseudonymOf(tenant, plain);
      if (!(await exports.begin({ exportId, tenant, subject, format }))) throw new JobFault('not_found');
      const made = await make({ exportId, tenant, plain, subject, format, signal }, async (pieces) => {
        let [bytes, done] = [0, 0];
        for await (const part of partsOf(pieces)) {
          await exports.putPart(exportId, done, partSealer.seal(part));
          [bytes, done] = [bytes + part.length, done + 1];
          await advance({ progress: { done, bytes }, cursor: null });
        }
        return bytes;
      });
      if (!made.ok) throw archiveJobFault(made.fault);
      if (!(await exports.end(exportId, made.value))) throw new JobFault('not_found');
      return JSON.stringify({ export_id: exportId, bytes: made.value });
    },
  });
}

async function* partsOf(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let held: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of pieces) {
    held.push(piece);
    bytes += piece.length;
    if (bytes < PART_BYTES) continue;
    yield Buffer.concat(held);
    [held, bytes] = [[], 0];
  }
  if (bytes > 0) yield Buffer.concat(held);
}
