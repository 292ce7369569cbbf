/** What of a partition's coarse cells is made: see docs/design/owner-tasks.md. */
import { COARSE_GRAINS, GRAINS } from './grain.ts';
import type { CoarseGrain, StoredGrain } from './grain.ts';

/** Per grain the start of the first bucket that is not sealed, epoch seconds. */
export type SealedThrough = Readonly<Record<CoarseGrain, number>>;

/** Before every bucket. */
export const NEVER_SEALED: number = Number.MIN_SAFE_INTEGER;

export const NOTHING_SEALED: SealedThrough = { quarter_hour: NEVER_SEALED, hour: NEVER_SEALED, day: NEVER_SEALED };

export interface SealState {
  readonly through: SealedThrough;
  /** The bucket that begins where its grain is sealed through is under way: series up to this id, in byte order, have their cell. */
  readonly open: { readonly grain: CoarseGrain; readonly afterSeries: Uint8Array } | null;
}

export const UNSEALED: SealState = { through: NOTHING_SEALED, open: null };

/** What every one of the partitions has sealed; nothing where there are none. */
export function leastSealed(partitions: Iterable<SealedThrough>): SealedThrough {
  let least: SealedThrough | null = null;
  for (const one of partitions) {
    const known: SealedThrough = least ?? one;
    least = {
      quarter_hour: Math.min(known.quarter_hour, one.quarter_hour),
      hour: Math.min(known.hour, one.hour),
      day: Math.min(known.day, one.day),
    };
  }
  return least ?? NOTHING_SEALED;
}

/** End of everything that is sealed or under way: no bucket that begins there or later is. */
export function sealedEndS({ through, open }: SealState): number {
  let endS = Math.max(through.quarter_hour, through.hour, through.day);
  if (open !== null) endS = Math.max(endS, through[open.grain] + GRAINS[open.grain].seconds);
  return endS;
}

/** Whether the cell of this series and bucket (its start) of a coarse grain is made, and so has to be kept right. */
export function isCellSealed(
  { through, open }: SealState,
  grain: CoarseGrain,
  cell: { readonly bucketS: number; readonly seriesId: Uint8Array },
): boolean {
  if (cell.bucketS < through[grain]) return true;
  if (open?.grain !== grain || cell.bucketS !== through[grain]) return false;
  return compareBytes(cell.seriesId, open.afterSeries) <= 0;
}

export function isCoarseGrain(grain: StoredGrain): grain is CoarseGrain {
  return COARSE_GRAINS.some((one) => one === grain);
}

/** Byte by byte, as Postgres orders the ids of series. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at += 1) {
    const difference = (a[at] ?? 0) - (b[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}
