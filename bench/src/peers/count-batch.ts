import type { ClientBase } from 'pg';

/** An event of the workload as a peer reads it. */
export interface PeerEvent {
  readonly id: string;
  readonly occurredAtMs: number;
  readonly data: PeerData;
  /** `data` as it was sent. */
  readonly json: string;
}

export interface PeerData {
  readonly channel: string;
  readonly country: string | null;
  readonly namespace: string;
  readonly robot: boolean;
  readonly added: number;
  readonly deleted: number;
  readonly delta: number;
}

const QUARTER_HOUR_MS = 900_000;

const INSERT = `
  INSERT INTO event (id, occurred_at, data)
  SELECT * FROM unnest($1::text[], $2::timestamptz[], $3::json[])
  ON CONFLICT (id) DO NOTHING RETURNING id`;

const UPSERT = `
  INSERT INTO rollup AS r
  SELECT * FROM unnest($1::text[], $2::text[], $3::timestamptz[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[])
  ON CONFLICT (grouping_name, value, bucket) DO UPDATE SET
    edits = r.edits + excluded.edits, added = r.added + excluded.added, deleted = r.deleted + excluded.deleted,
    delta = r.delta + excluded.delta, largest = greatest(r.largest, excluded.largest),
    least_delta = least(r.least_delta, excluded.least_delta)`;

interface Sums {
  readonly grouping: string;
  readonly value: string;
  readonly bucketMs: number;
  edits: number;
  added: number;
  deleted: number;
  delta: number;
  largest: number;
  leastDelta: number;
}

/**
 * One transaction, as most teams would write it: events that are new by their id, then the sums of those. The arrays stand for
 * a multi-row VALUES list, which takes the server longer to parse. Events and sums are written in the order of their keys, so that
 * two writers never wait for each other in a circle.
 */
export async function countBatch(client: ClientBase, batch: readonly PeerEvent[]): Promise<void> {
  const events = batch.toSorted(({ id: a }, { id: b }) => (a < b ? -1 : 1));
  await client.query('BEGIN');
  const columns = [events.map(({ id }) => id), events.map(({ occurredAtMs }) => new Date(occurredAtMs)), events.map(({ json }) => json)];
  const { rows } = await client.query<{ id: string }>({ name: 'insert', text: INSERT, values: columns });
  const fresh = new Set(rows.map(({ id }) => id));
  const counted = new Set<string>();
  const sums = new Map<string, Sums>();
  for (const event of events) {
    if (!fresh.has(event.id) || counted.has(event.id)) continue;
    counted.add(event.id);
    addEvent(sums, event);
  }
  const list = [...sums.entries()].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, entry]) => entry);
  await client.query({ name: 'upsert', text: UPSERT, values: columnsOf(list) });
  await client.query('COMMIT');
}

function addEvent(sums: Map<string, Sums>, { occurredAtMs, data }: PeerEvent): void {
  const bucketMs = Math.floor(occurredAtMs / QUARTER_HOUR_MS) * QUARTER_HOUR_MS;
  const groupings: readonly (readonly [string, string])[] = [
    ['channel', data.channel],
    ['country', data.country ?? ''],
    ['namespace, robot', `${data.namespace}\n${String(data.robot)}`],
  ];
  for (const [grouping, value] of groupings) {
    const key = `${grouping}\n${value}\n${bucketMs}`;
    const known = sums.get(key) ?? {
      grouping,
      value,
      bucketMs,
      edits: 0,
      added: 0,
      deleted: 0,
      delta: 0,
      largest: 0,
      leastDelta: Infinity,
    };
    sums.set(key, known);
    known.edits += 1;
    known.added += data.added;
    known.deleted += data.deleted;
    known.delta += data.delta;
    known.largest = Math.max(known.largest, data.added);
    known.leastDelta = Math.min(known.leastDelta, data.delta);
  }
}

function columnsOf(list: readonly Sums[]): unknown[][] {
  return [
    list.map(({ grouping }) => grouping),
    list.map(({ value }) => value),
    list.map(({ bucketMs }) => new Date(bucketMs)),
    list.map(({ edits }) => edits),
    list.map(({ added }) => added),
    list.map(({ deleted }) => deleted),
    list.map(({ delta }) => delta),
    list.map(({ largest }) => largest),
    list.map(({ leastDelta }) => leastDelta),
  ];
}
