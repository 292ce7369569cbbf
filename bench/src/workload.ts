import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { createSeededRandom } from '@tidegate/testkit';

/**
 * The workload `road`: events drawn with a seeded generator from the shipped Wikipedia edits, with new ids and times.
 * 1 % are copies of an event sent before, 1 % are up to 24 hours late, 0.1 % are invalid (a negative `added`).
 */
export interface Workload {
  /** Appends NDJSON for `count` events to the text and says what it holds. */
  next(count: number, instantMs: number): WorkloadChunk;
}

export interface WorkloadChunk {
  readonly body: string;
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

/** Rows whose event would be far from 250 bytes are left out, so that an event as sent has 250 ± 20 bytes. */
export function createWorkload(file: string, seed: number): Workload {
  const tails = readTails(file);
  const random = createSeededRandom(seed);
  const ids = createIds(random);
  const recent: string[] = [];
  return {
    next(count, instantMs) {
      const nowMs = Math.floor(instantMs);
      let distinct = 0;
      let copies = 0;
      let invalid = 0;
      const lines: string[] = [];
      for (let i = 0; i < count; i += 1) {
        const draw = random();
        const again = recent[Math.floor(random() * recent.length)];
        if (draw < COPY_SHARE && again !== undefined) {
          lines.push(again);
          copies += 1;
          continue;
        }
        const late = draw > 1 - LATE_SHARE ? Math.floor(random() * DAY_MS) : 0;
        const tail = tails[Math.floor(random() * tails.length)] ?? '';
        const isInvalid = random() < INVALID_SHARE;
        const line = `{"id":"${ids(nowMs)}","type":"wiki.edit","occurred_at":${nowMs - late},"data":{"added":${isInvalid ? '-' : ''}${tail}`;
        lines.push(line);
        if (isInvalid) {
          invalid += 1;
          continue;
        }
        distinct += 1;
        // A hundred candidates for copies is enough: a copy has to fall within the window, not far from its original.
        if (recent.length < 100) recent.push(line);
        else recent[Math.floor(random() * 100)] = line;
      }
      return { body: lines.join('\n') + '\n', distinct, copies, invalid };
    },
  };
}

function readTails(file: string): readonly string[] {
  const edits = gunzipSync(readFileSync(file))
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Edit);
  const tails = edits.map((edit) => {
    const { added, ...rest } = {
      added: Math.max(1, edit.added),
      deleted: edit.deleted,
      delta: edit.delta,
      channel: edit.channel,
      namespace: edit.namespace,
      country: edit.countryName,
      robot: edit.isRobot,
      page: edit.page,
    };
    return `${added},${JSON.stringify(rest).slice(1)}}`;
  });
  return tails.filter((tail) => Math.abs(Buffer.byteLength(tail) + FIXED_BYTES - 250) <= 20);
}

/** Bytes of an event before its tail: id of 36 characters, time of 13 digits, names. */
const FIXED_BYTES = Buffer.byteLength('{"id":"","type":"wiki.edit","occurred_at":,"data":{"added":') + 36 + 13;

/** UUIDv7 (RFC 9562): 48 bits of time, a counter so that none repeats, the rest random. */
function createIds(random: () => number): (nowMs: number) => string {
  let counter = 0;
  const tail = Math.floor(random() * 2 ** 40)
    .toString(16)
    .padStart(10, '0');
  return (nowMs) => {
    counter += 1;
    const time = nowMs.toString(16).padStart(12, '0');
    const low = counter.toString(16).padStart(9, '0');
    return `${time.slice(0, 8)}-${time.slice(8)}-7${low.slice(0, 3)}-a${low.slice(3, 6)}-${low.slice(6)}${tail.slice(1)}`;
  };
}
