import { createHash } from 'node:crypto';

/** One event as it is sent, and what has to come of it. */
export interface StreamEvent {
  /** Of the history; of events that can be read also their id. */
  readonly name: string;
  readonly line: string;
  readonly isPoison: boolean;
  /** Of the line's bytes: the row of an event that is put aside carries it. */
  readonly sha256: string;
}

export interface EventStream {
  /** Some of them new, in an order that is not that of their times; the same seed gives the same events. */
  take(count: number): readonly StreamEvent[];
}

const CHANNELS = ['#a', '#b', '#c', '#d', '#e'];
const LATE_SHARE = 0.15;
/** Events that wait to be sent behind later ones. */
const HELD_BACK = 40;
const HOUR_MS = 3_600_000;

export interface EventStreamOptions {
  readonly random: () => number;
  readonly nowMs: number;
  /** Of the names. */
  readonly prefix: string;
  readonly poisonShare: number;
}

/** A seeded stream of edits: within the last two hours, some up to three days late, out of order, some of them poison. */
export function createEventStream({ random, nowMs, prefix, poisonShare }: EventStreamOptions): EventStream {
  const heldBack: StreamEvent[] = [];
  let made = 0;

  function make(): StreamEvent {
    made += 1;
    const name = `${prefix}-${made}`;
    const ageMs = random() < LATE_SHARE ? random() * 72 * HOUR_MS : random() * 2 * HOUR_MS;
    const occurredAt = new Date(nowMs - Math.floor(ageMs)).toISOString();
    const added = Math.floor(random() * 1_000);
    const channel = CHANNELS[Math.floor(random() * CHANNELS.length)];
    const isPoison = random() < poisonShare;
    const data = { page: `page ${made % 97}`, channel, namespace: 'Main', robot: false, added, deleted: 0, delta: added };
    const event = { id: name, type: 'wiki.edit', occurred_at: occurredAt, data };
    const line = isPoison ? poisoned(event, Math.floor(random() * POISONS.length)) : JSON.stringify(event);
    return { name, line, isPoison, sha256: createHash('sha256').update(line).digest('hex') };
  }

  return {
    take(count) {
      while (heldBack.length < HELD_BACK + count) heldBack.push(make());
      return Array.from({ length: count }, () => heldBack.splice(Math.floor(random() * heldBack.length), 1)).flat();
    },
  };
}

interface Edit {
  readonly id: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Each way of being wrong that a sender may come up with; all are refused with a reason and put aside. */
const POISONS: readonly ((event: Edit) => string)[] = [
  // Broken off in the middle.
  (event) => JSON.stringify(event).slice(0, 60),
  (event) => JSON.stringify({ ...event, type: 'wiki.nonsense' }),
  (event) => JSON.stringify({ ...event, data: { ...event.data, added: -1 } }),
  (event) => JSON.stringify({ ...event, data: { ...event.data, added: 'many' } }),
  (event) => JSON.stringify({ ...event, data: { ...event.data, page: 'a\u0000b' } }),
  (event) => JSON.stringify({ ...event, data: { ...event.data, colour: 'red' } }),
  (event) => JSON.stringify(event).replace(/"added":\d+/, '"added":1e999'),
  (event) => JSON.stringify(event).replace(/"added":\d+/, `"added":${'9'.repeat(400)}`),
  (event) => JSON.stringify({ ...event, id: 'x'.repeat(4_000) }),
];

function poisoned(event: Edit, kind: number): string {
  return (POISONS[kind] ?? JSON.stringify)({ ...event });
}
