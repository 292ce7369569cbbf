import { COARSE_GRAINS, GRAINS, NEVER_SEALED } from '@tidegate/core';
import type { SealedThrough, SealState } from '@tidegate/core';

/** Columns of the live row of `partition_progress` that say what is sealed. */
export interface SealedColumns {
  readonly sealed_quarter_hour: string | null;
  readonly sealed_hour: string | null;
  readonly sealed_day: string | null;
}

export interface SealColumns extends SealedColumns {
  readonly sealing_grain: number | null;
  readonly sealing_after: string | null;
}

export function fromSealedColumns(row: SealedColumns): SealedThrough {
  return { quarter_hour: fromSecond(row.sealed_quarter_hour), hour: fromSecond(row.sealed_hour), day: fromSecond(row.sealed_day) };
}

export function fromSealColumns(row: SealColumns): SealState {
  const grain = COARSE_GRAINS.find((one) => GRAINS[one].code === row.sealing_grain);
  const open = grain === undefined || row.sealing_after === null ? null : { grain, afterSeries: fromUuid(row.sealing_after) };
  return { through: fromSealedColumns(row), open };
}

/** In the order of the parameters of `move-seal.sql`, the partition apart. */
export function toSealColumns({ through, open }: SealState): unknown[] {
  const { quarter_hour: quarterHour, hour, day } = through;
  const cursor = open === null ? [null, null] : [GRAINS[open.grain].code, toUuid(open.afterSeries)];
  return [toSecond(quarterHour), toSecond(hour), toSecond(day), ...cursor];
}

export function toUuid(seriesId: Uint8Array): string {
  return Buffer.from(seriesId.buffer, seriesId.byteOffset, seriesId.length).toString('hex');
}

export function fromUuid(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text.replaceAll('-', ''), 'hex'));
}

function fromSecond(text: string | null): number {
  return text === null ? NEVER_SEALED : Number(text);
}

function toSecond(second: number): number | null {
  return second === NEVER_SEALED ? null : second;
}
