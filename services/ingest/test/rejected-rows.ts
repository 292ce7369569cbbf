import type { MemoryBroker } from '@tidegate/kafka/memory';
import type { BulkRejected, RejectedDetail, RejectedPlace, RejectedStore } from '@tidegate/postgres';
import { rejectedRef } from '@tidegate/postgres';
import { topics } from './ingest-fixture.ts';
import { storedRecords } from './stored-records.ts';

export interface RejectedRows extends RejectedStore {
  /** By `<tenant>/<ref>`. */
  readonly rows: Map<string, RejectedDetail>;
  failsToClose: boolean;
  readonly bulk: BulkRejected;
}

const keyOf = (tenant: string, place: RejectedPlace): string => `${tenant}/${rejectedRef(place)}`;

/** The rows that the owner of rejected.v1 has made, as Postgres keeps them. */
export function createRows(): RejectedRows {
  const rows = new Map<string, RejectedDetail>();
  const change = (key: string, to: Partial<RejectedDetail>): void => {
    const row = rows.get(key);
    if (row?.isReplayed === false) rows.set(key, { ...row, ...to });
  };
  const store: RejectedRows = {
    rows,
    failsToClose: false,
    list: async () => [],
    listBeyond: async () => [],
    find: async (tenant, place) => rows.get(keyOf(tenant, place)) ?? null,
    async bind(tenant, place, identity) {
      const row = rows.get(keyOf(tenant, place));
      const isFree = row?.isReplayed === false && (row.replayIdentity === null || Buffer.compare(row.replayIdentity, identity) === 0);
      if (isFree) change(keyOf(tenant, place), { replayIdentity: identity });
      return isFree;
    },
    async close(tenant, place, receipt) {
      if (store.failsToClose) throw new Error('Postgres went away');
      change(keyOf(tenant, place), { isReplayed: true, receipt });
    },
    async raise(tenant, place, { code, path }) {
      change(keyOf(tenant, place), { attempts: (rows.get(keyOf(tenant, place))?.attempts ?? 0) + 1, code, path });
    },
    bulk: createBulk(rows, () => store),
  };
  return store;
}

function createBulk(rows: RejectedRows['rows'], one: () => RejectedStore): BulkRejected {
  const refusedBy = new Map<string, string>();
  return {
    async page({ tenant, sinceMs, untilMs, code, after, jobId, rowsMax }) {
      const open = [...rows].filter(
        ([key, row]) =>
          key.startsWith(`${tenant}/`) &&
          !row.isReplayed &&
          row.attempts < 3 &&
          refusedBy.get(key) !== jobId &&
          isAsked(row, { sinceMs, untilMs, code }),
      );
      const sorted = open.map(([, row]) => row).toSorted(inOrder);
      return sorted.filter((row) => after === null || inOrder(row, after) > 0).slice(0, rowsMax);
    },
    async count({ tenant, ...asked }) {
      return [...rows].filter(([key, row]) => key.startsWith(`${tenant}/`) && !row.isReplayed && row.attempts < 3 && isAsked(row, asked))
        .length;
    },
    async bind(tenant, bound) {
      const free = [];
      for (const row of bound) if (await one().bind(tenant, row, row.identity)) free.push(rejectedRef(row));
      return new Set(free);
    },
    async close(tenant, closed) {
      for (const row of closed) await one().close(tenant, row, row.receipt);
    },
    async raise(tenant, raised, jobId) {
      for (const row of raised) {
        if (refusedBy.get(keyOf(tenant, row)) === jobId) continue;
        refusedBy.set(keyOf(tenant, row), jobId);
        await one().raise(tenant, row, row);
      }
    },
  };
}

interface Asked {
  readonly sinceMs: number | null;
  readonly untilMs: number;
  readonly code: string | null;
}

function isAsked(row: RejectedDetail, { sinceMs, untilMs, code }: Asked): boolean {
  return (sinceMs === null || row.receivedAtMs >= sinceMs) && row.receivedAtMs < untilMs && (code === null || row.code === code);
}

function inOrder(a: RejectedPlace & { receivedAtMs: number }, b: RejectedPlace & { receivedAtMs: number }): number {
  return a.receivedAtMs - b.receivedAtMs || a.partition - b.partition || a.logOffset - b.logOffset;
}

/** Makes the rows of what lies in rejected.v1 and has none yet, as its owner does; returns their names. */
export function takeRefused(broker: MemoryBroker, { rows }: RejectedRows, receivedAtMs = 0): readonly string[] {
  return storedRecords(broker, topics.rejected).flatMap(({ partition, offset, key, value, headers }) => {
    const place = { lane: 'ingest' as const, logGeneration: 1, partition, logOffset: offset };
    const text = (name: string): string => Buffer.from(headers.get(name) ?? []).toString();
    const at = keyOf(Buffer.from(key).toString(), place);
    if (rows.has(at)) return [];
    rows.set(at, {
      ...{
        ...place,
        code: text('code'),
        path: text('path'),
        lengthBytes: Number(text('length')),
        sealedBytes: value.length,
        sealed: value,
      },
      ...{ receivedAtMs, attempts: 1, isReplayed: false, replayedAtMs: null, receipt: null, replayIdentity: null, format: text('format') },
    });
    return [rejectedRef(place)];
  });
}
