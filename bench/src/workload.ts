import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { createSeededRandom } from '@tidegate/testkit';

/**
 * The workload `road`: events drawn with a seeded generator from the shipped Wikipedia edits, with new ids and times.
 * 1 % are copies of an event sent before, 1 % are up to 24 hours late, 0.1 % are invalid (a negative `added`).
 */
export interface Workload {
  /** NDJSON of `count` events, in bytes that are the caller's, and what it holds. */
  next(count: number, instantMs: number): WorkloadChunk;
}

export interface WorkloadChunk {
  readonly body: Buffer;
  /** Valid events in it that were not sent before. */
  readonly distinct: number;
  readonly copies: number;
  readonly invalid: number;
}

interface Edit {
  readonly channel: string;
  readonly namespace: string;
  readonly countryName: string | null;
  readonly isRobot: boolean;
  readonly page: string;
  readonly added: number;
  readonly deleted: number;
  readonly delta: number;
}

const COPY_SHARE = 0.01;
const LATE_SHARE = 0.01;
const INVALID_SHARE = 0.001;
const DAY_MS = 86_400_000;

/** Candidates for copies: a hundred are enough, for a copy has to fall within the window, not far from its original. */
const RECENT_MAX = 100;
/** Of the events so many become candidates: ten for each copy that is made. */
const RECENT_SHARE = 0.1;

/**
 * Rows whose event would be far from 250 bytes are left out, so that an event as sent has 250 ± 20 bytes. A line is a copy of
 * a row's own line with another id and time written into it: made as text, events cost the generator 4 µs each.
 */
export function createWorkload(file: string, seed: number): Workload {
  const rows = readRows(file);
  const random = createSeededRandom(seed);
  const stamp = createStamp(random);
  const recent: Buffer[] = [];
  return {
    next(count, instantMs) {
      const nowMs = Math.floor(instantMs);
      const body = Buffer.allocUnsafe(count * (EVENT_BYTES + EVENT_BYTES_SPREAD));
      let size = 0;
      let distinct = 0;
      let copies = 0;
      let invalid = 0;
      stamp.begin(nowMs);
      for (let i = 0; i < count; i += 1) {
        const draw = random();
        const again = draw < COPY_SHARE ? recent[Math.floor(random() * recent.length)] : undefined;
        if (again !== undefined) {
          size += again.copy(body, size);
          copies += 1;
          continue;
        }
        const isInvalid = random() < INVALID_SHARE;
        const row = pick(isInvalid ? rows.invalid : rows.valid, random);
        const start = size;
        size += row.copy(body, start);
        stamp.write(body, start, draw > 1 - LATE_SHARE ? nowMs - Math.floor(random() * DAY_MS) : nowMs);
        if (isInvalid) invalid += 1;
        else distinct += 1;
        if (isInvalid || random() >= RECENT_SHARE) continue;
        recent[recent.length < RECENT_MAX ? recent.length : Math.floor(random() * RECENT_MAX)] = Buffer.from(body.subarray(start, size));
      }
      return { body: body.subarray(0, size), distinct, copies, invalid };
    },
  };
}

function pick(rows: readonly Buffer[], random: () => number): Buffer {
  const row = rows[Math.floor(random() * rows.length)];
  if (row === undefined) throw new Error('the file has no row of this size');
  return row;
}

const EVENT_BYTES = 250;
const EVENT_BYTES_SPREAD = 20;
const ID = '00000000-0000-7000-a000-000000000000';
const TIME = '0000000000000';
const BEFORE_ID = '{"id":"';
const BEFORE_TIME = '","type":"wiki.edit","occurred_at":';
const ID_AT = BEFORE_ID.length;
const TIME_AT = ID_AT + ID.length + BEFORE_TIME.length;

interface Rows {
  readonly valid: readonly Buffer[];
  /** The same with a negative `added`. */
  readonly invalid: readonly Buffer[];
}

/** Lines of all rows, with the end of the line, whose id and time are zeros. */
function readRows(file: string): Rows {
  const edits = gunzipSync(readFileSync(file))
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Edit);
  const lines = (sign: 1 | -1): readonly Buffer[] =>
    edits.map((edit) => Buffer.from(lineOf(edit, sign))).filter(({ length }) => Math.abs(length - 1 - EVENT_BYTES) < EVENT_BYTES_SPREAD);
  return { valid: lines(1), invalid: lines(-1) };
}

function lineOf(edit: Edit, sign: 1 | -1): string {
  const data = {
    added: sign * Math.max(1, edit.added),
    deleted: edit.deleted,
    delta: edit.delta,
    channel: edit.channel,
    namespace: edit.namespace,
    country: edit.countryName,
    robot: edit.isRobot,
    page: edit.page,
  };
  return `${BEFORE_ID}${ID}${BEFORE_TIME}${TIME},"data":${JSON.stringify(data)}}\n`;
}

const HEX = Buffer.from('0123456789abcdef');
const ZERO = 0x30;
/** Where the nine digits of the counter stand in an id, the lowest first. */
const COUNTER_DIGITS = [26, 25, 24, 22, 21, 20, 17, 16, 15];

interface Stamp {
  /** The time that the next ids carry. */
  begin(nowMs: number): void;
  /** Writes a new id and the event's time into the line at `at`. */
  write(into: Buffer, at: number, occurredAtMs: number): void;
}

/** UUIDv7 (RFC 9562): 48 bits of time, a counter so that none repeats, the rest random. */
function createStamp(random: () => number): Stamp {
  const id = Buffer.from(ID);
  const tail = Math.floor(random() * 2 ** 36)
    .toString(16)
    .padStart(9, '0');
  id.write(tail, ID.length - tail.length, 'latin1');
  let counter = 0;
  const count = (): void => {
    counter += 1;
    let left = counter;
    for (const place of COUNTER_DIGITS) {
      id[place] = HEX[left % 16] ?? ZERO;
      left = Math.floor(left / 16);
    }
  };
  return {
    begin(nowMs) {
      const time = nowMs.toString(16).padStart(12, '0');
      id.write(`${time.slice(0, 8)}-${time.slice(8)}`, 0, 'latin1');
    },
    write(into, at, occurredAtMs) {
      count();
      id.copy(into, at + ID_AT);
      let left = occurredAtMs;
      for (let place = at + TIME_AT + TIME.length - 1; place >= at + TIME_AT; place -= 1) {
        into[place] = ZERO + (left % 10);
        left = Math.floor(left / 10);
      }
    },
  };
}
