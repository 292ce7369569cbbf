import { ByteWriter } from './byte-writer.ts';

/**
 * One-dimensional array parameters in Postgres' binary format. The driver sends a Buffer in binary, so a thousand rows
 * travel without being printed and parsed as text.
 */
const OID = { bytea: 17, int8: 20, int2: 21, int4: 23, text: 25, date: 1_082, timestamptz: 1_184, uuid: 2_950 } as const;
const MICROSECONDS_1970_TO_2000 = 946_684_800_000_000;
const DAYS_1970_TO_2000 = 10_957;

export type ArrayElement = keyof typeof OID;

function encodeArray<T>(type: ArrayElement, values: readonly T[], write: (to: ByteWriter, value: T & {}) => void): Buffer {
  const to = new ByteWriter(20 + values.length * 24);
  to.int32(values.length === 0 ? 0 : 1);
  to.int32(values.some((value) => value === null || value === undefined) ? 1 : 0);
  to.int32(OID[type]);
  if (values.length > 0) {
    to.int32(values.length);
    to.int32(1);
  }
  for (const value of values) {
    if (value === null || value === undefined) to.int32(-1);
    else write(to, value);
  }
  return to.bytes();
}

export function int2Array(values: readonly number[]): Buffer {
  return encodeArray('int2', values, (to, value) => {
    to.int32(2);
    to.int16(value);
  });
}

export function int4Array(values: readonly number[]): Buffer {
  return encodeArray('int4', values, (to, value) => {
    to.int32(4);
    to.int32(value);
  });
}

export function int8Array(values: readonly number[]): Buffer {
  return encodeArray('int8', values, (to, value) => {
    to.int32(8);
    to.int64(value);
  });
}

/** Instants in epoch milliseconds. */
export function timestamptzArray(values: readonly (number | null)[]): Buffer {
  return encodeArray('timestamptz', values, (to, value) => {
    to.int32(8);
    to.int64(toPostgresMicros(value));
  });
}

/** Days since 1970-01-01. */
export function dateArray(values: readonly (number | null)[]): Buffer {
  return encodeArray('date', values, (to, value) => {
    to.int32(4);
    to.int32(value - DAYS_1970_TO_2000);
  });
}

export function textArray(values: readonly (string | null)[]): Buffer {
  return encodeArray('text', values, (to, value) => to.text(value));
}

export function byteaArray(values: readonly (Uint8Array | null)[]): Buffer {
  return encodeArray('bytea', values, (to, value) => to.field(value));
}

/** Each value 16 bytes. */
export function uuidArray(values: readonly Uint8Array[]): Buffer {
  return encodeArray('uuid', values, (to, value) => to.field(value));
}

/** Microseconds since 2000-01-01, which a double holds exactly for every instant of whole milliseconds that Postgres knows. */
export function toPostgresMicros(instantMs: number): number {
  return instantMs * 1_000 - MICROSECONDS_1970_TO_2000;
}

export function fromPostgresMicros(micros: number): number {
  return (micros + MICROSECONDS_1970_TO_2000) / 1_000;
}
