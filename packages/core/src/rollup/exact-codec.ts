import type { ExactNumber } from '../event/exact-number.ts';
import type { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';

/** First byte of a number that is a double; other values of it are the scale of an exact number. */
export const DOUBLE_MARK = 0xff;

export function writeExact(value: ExactNumber, into: ByteWriter): void {
  into.byte(value.scale);
  if (typeof value.unscaled === 'number' && Math.abs(value.unscaled) < 2 ** 52) into.zigzag(value.unscaled);
  else into.zigzagBig(BigInt(value.unscaled));
}

/** Malformed bytes, and a double, break the reader. */
export function readExact(from: ByteReader): ExactNumber {
  const scale = from.byte();
  if (scale === DOUBLE_MARK) from.fail();
  return { unscaled: from.zigzagAny(), scale };
}

/** A double with the mark before it. */
export function writeDouble(value: number, into: ByteWriter): void {
  into.byte(DOUBLE_MARK);
  into.float64(value);
}

export function readDouble(from: ByteReader): number {
  if (from.byte() !== DOUBLE_MARK) from.fail();
  return from.float64();
}
