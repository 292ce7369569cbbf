import { COARSE_GRAINS, NEVER_SEALED, NOTHING_SEALED } from '@tidegate/core';
import type { SealedThrough } from '@tidegate/core';
import { z } from 'zod';
import type { PartitionProgress } from './cell-store.ts';

// Offsets and commit numbers are texts: a script's JSON reader would write large ones with an exponent.
const digits = z
  .string()
  .regex(/^\d{1,16}$/)
  .transform(Number);
const PROGRESS_SCHEMA = z.object({
  term: z.int(),
  commit_no: digits,
  next_offset: digits,
  log_generation: z.int(),
  backfill: z.object({ next_offset: digits, log_generation: z.int() }).nullable().default(null),
  complete_through_ms: z.number(),
  rollups_offset: digits,
  /** Per grain of which something is sealed the first second that is not; texts, as the others. */
  sealed: z
    .partialRecord(
      z.enum(COARSE_GRAINS),
      z
        .string()
        .regex(/^-?\d{1,16}$/)
        .transform(Number),
    )
    .default({}),
});

export function encodeProgress(progress: PartitionProgress): string {
  return JSON.stringify({
    term: progress.term,
    commit_no: String(progress.commitNo),
    next_offset: String(progress.nextOffset),
    log_generation: progress.logGeneration,
    backfill: backfillMember(progress.backfill),
    complete_through_ms: progress.completeThroughMs,
    rollups_offset: String(progress.rollupsOffset),
    sealed: sealedTexts(progress.sealed),
  });
}

function backfillMember(lane: PartitionProgress['backfill']): Readonly<Record<string, unknown>> | null {
  return lane === null ? null : { next_offset: String(lane.nextOffset), log_generation: lane.logGeneration };
}

function sealedTexts(sealed: SealedThrough): Record<string, string> {
  const grains = COARSE_GRAINS.filter((grain) => sealed[grain] !== NEVER_SEALED);
  return Object.fromEntries(grains.map((grain) => [grain, String(sealed[grain])]));
}

export type ProgressDecoder = (partition: number, text: string) => PartitionProgress | null;

/** Every question reads the progress of all partitions, of which few have moved since the last: those are decoded. */
export function createProgressDecoder(): ProgressDecoder {
  const known = new Map<number, { readonly text: string; readonly progress: PartitionProgress | null }>();
  return function decodeOnce(partition, text) {
    const last = known.get(partition);
    if (last?.text === text) return last.progress;
    const progress = decodeProgress(partition, text);
    known.set(partition, { text, progress });
    return progress;
  };
}

/** Null where the text is not progress: the partition then counts as unknown. */
function decodeProgress(partition: number, text: string): PartitionProgress | null {
  const parsed = PROGRESS_SCHEMA.safeParse(parseJson(text));
  if (!parsed.success) return null;
  const { term, commit_no, next_offset, log_generation, backfill, complete_through_ms, rollups_offset, sealed } = parsed.data;
  return {
    partition,
    term,
    commitNo: commit_no,
    nextOffset: next_offset,
    logGeneration: log_generation,
    backfill: backfill === null ? null : { nextOffset: backfill.next_offset, logGeneration: backfill.log_generation },
    completeThroughMs: complete_through_ms,
    sealed: sealedOf(sealed),
    rollupsOffset: rollups_offset,
  };
}

function sealedOf(told: Partial<SealedThrough>): SealedThrough {
  const { quarter_hour: quarterHour, hour, day } = { ...NOTHING_SEALED, ...told };
  return { quarter_hour: quarterHour, hour, day };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
