import { compareExact } from '../event/exact-number.ts';
import type { ExactNumber } from '../event/exact-number.ts';
import type { CompiledMeasure } from '../pack/compiled.ts';
import { isNumberType } from '../pack/field-type.ts';
import type { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';
import { readDouble, readExact, writeDouble, writeExact } from './exact-codec.ts';
import type { NumberInput } from './number-input.ts';
import type { EventStamp } from './value-input.ts';

/** How the carried value is held. */
type Form = 'exact' | 'double' | 'text';
type Carried = ExactNumber | number | string;

type Stamp = Pick<EventStamp, 'timeMs' | 'id' | 'idLength'>;

/** A stamp of a cell's own, in bytes that are as long as its ids. */
interface KeptStamp {
  timeMs: number;
  id: Uint8Array;
  idLength: number;
}

const NO_ID = new Uint8Array(0);

/**
 * The value of the first or the last event that carried one: the least or the greatest by (occurred_at, event id), ids by their
 * UTF-8 bytes, as entities are kept. Two events of one id and one instant (of two sources or subjects) are told apart by the value
 * itself, so that no order of arrival shows.
 */
export class CarriedState {
  readonly kind: 'first' | 'last';
  private readonly form: Form;
  private isPresent = false;
  private readonly stamp: KeptStamp = { timeMs: 0, id: NO_ID, idLength: 0 };
  private carried: Carried = 0;

  constructor(kind: 'first' | 'last', { valueType = 'string', numbers }: Pick<CompiledMeasure, 'valueType' | 'numbers'>) {
    this.kind = kind;
    this.form = isNumberType(valueType) ? numbers : 'text';
  }

  addNumber(stamp: Stamp, input: NumberInput): void {
    if (!input.isPresent) return;
    this.offer(stamp, this.form === 'double' ? input.double : (input.exact ?? input.double));
  }

  addText(stamp: Stamp, text: string | null): void {
    if (text !== null) this.offer(stamp, text);
  }

  merge(other: CarriedState): void {
    if (other.isPresent) this.offer(other.stamp, other.carried);
  }

  write(into: ByteWriter): void {
    into.byte(this.isPresent ? 1 : 0);
    if (!this.isPresent) return;
    const { timeMs, id, idLength } = this.stamp;
    into.zigzag(timeMs);
    into.varint(idLength);
    into.raw(id.subarray(0, idLength));
    writeCarried(this.carried, into);
  }

  read(from: ByteReader): void {
    const presence = from.byte();
    if (presence > 1) from.fail();
    if (presence !== 1) return;
    this.isPresent = true;
    this.stamp.timeMs = from.zigzag();
    this.stamp.idLength = from.count();
    this.stamp.id = from.raw(this.stamp.idLength);
    if (this.form === 'text') this.carried = from.text();
    else this.carried = this.form === 'exact' ? readExact(from) : readDouble(from);
  }

  /** Null of no value. */
  value(): ExactNumber | number | string | null {
    return this.isPresent ? this.carried : null;
  }

  private offer(stamp: Stamp, value: Carried): void {
    if (this.isPresent) {
      const order = this.compare(stamp, value);
      if (this.kind === 'first' ? order >= 0 : order <= 0) return;
    }
    this.isPresent = true;
    keep(stamp, this.stamp);
    this.carried = value;
  }

  /** How `stamp` with `value` stands to what is held. */
  private compare(stamp: Stamp, value: Carried): number {
    const byTime = stamp.timeMs - this.stamp.timeMs;
    if (byTime !== 0) return byTime;
    const byId = compareIds(stamp, this.stamp);
    return byId === 0 ? compareCarried(value, this.carried) : byId;
  }
}

/** Into the bytes of the id before it, where they are enough: most ids of a sender are of one length. */
function keep({ timeMs, id, idLength }: Stamp, into: KeptStamp): void {
  if (idLength > into.id.length) into.id = new Uint8Array(idLength);
  for (let i = 0; i < idLength; i += 1) into.id[i] = id[i] ?? 0;
  into.timeMs = timeMs;
  into.idLength = idLength;
}

function compareIds(a: Stamp, b: Stamp): number {
  const length = Math.min(a.idLength, b.idLength);
  for (let i = 0; i < length; i += 1) {
    const order = (a.id[i] ?? 0) - (b.id[i] ?? 0);
    if (order !== 0) return order;
  }
  return a.idLength - b.idLength;
}

function compareCarried(a: Carried, b: Carried): number {
  if (typeof a === 'object' && typeof b === 'object') return compareExact(a, b);
  return a === b ? 0 : a < b ? -1 : 1;
}

function writeCarried(value: Carried, into: ByteWriter): void {
  if (typeof value === 'string') into.text(value);
  else if (typeof value === 'number') writeDouble(value, into);
  else writeExact(value, into);
}
