import type { CanonicalReader } from '@tidegate/core';
import type { RecordSlab } from '@tidegate/kafka';
import type { RawRow, RejectedRow } from '@tidegate/postgres';
import type { OwnedPartition } from './owned-partition.ts';
import type { Registry } from './registry.ts';
import type { RejectionCode } from './reject.ts';

export interface FoldDeps {
  readonly reader: CanonicalReader;
  readonly registry: Pick<Registry, 'knows' | 'lookUp' | 'changed'>;
  readonly reject: (
    slab: RecordSlab,
    index: number,
    why: { code: RejectionCode; tenant?: string; cursor: OwnedPartition['live'] },
  ) => RejectedRow;
  /** An event waits for a pack that this process has not been told of yet; false when the wait is over. */
  readonly onPackWait: (owned: OwnedPartition, isWaiting: boolean) => void;
  readonly nowMs: () => number;
}

/** What to do with a record of a slice; the codes of `Slice.verdicts`. */
export const VERDICT = { first: 0, copy: 1, ask: 2, unreadable: 3, refused: 4 } as const;

/** Records `from` ≤ i < `to` of a slab, judged. */
export interface Slice {
  readonly slab: RecordSlab;
  readonly from: number;
  readonly to: number;
  /** Per record, from 0. */
  readonly verdicts: Uint8Array;
}

/** Folds one slice into the partition's batch: deltas, raw rows, rejected rows, position. */
export function createFold(deps: FoldDeps) {
  const { reader } = deps;
  const row = emptyRow();
  /** When the slice that is folded began to be: one look at the clock for all of its events. */
  let sliceMs = 0;

  function foldEvent(owned: OwnedPartition, slab: RecordSlab, index: number): void {
    fillRow(row, reader, { owned, slab, index });
    owned.folder.fold(reader, row.receivedAtMs);
    owned.batch.raw.add(row);
    owned.batch.events += 1;
    owned.batch.lateness.add(sliceMs - row.occurredAtMs);
  }

  /** One event that is a first copy; a promise only where its pack is not known yet. */
  function foldFirst(owned: OwnedPartition, slab: RecordSlab, index: number): void | Promise<boolean> {
    if (!readValue(reader, slab, index)) {
      owned.batch.rejected.push(deps.reject(slab, index, { code: 'event_unreadable', cursor: owned.live }));
      return;
    }
    if (deps.registry.knows(reader.tenant(), reader.type(), reader.packVersion())) return foldEvent(owned, slab, index);
    const { epoch } = owned;
    const named = { tenant: reader.tenant(), type: reader.type(), version: reader.packVersion() };
    return waitForPack(deps, owned, named).then((isKnown) => {
      if (!isKnown || owned.epoch !== epoch) return false;
      // The shared reader has read other partitions' events meanwhile.
      if (readValue(reader, slab, index)) foldEvent(owned, slab, index);
      return true;
    });
  }

  function rejectAs(owned: OwnedPartition, slice: Slice, index: number): void {
    const isRefused = slice.verdicts[index - slice.from] === VERDICT.refused;
    const tenant = isRefused && readValue(reader, slice.slab, index) ? { tenant: reader.tenant() } : {};
    const code = isRefused ? 'event_unstorable' : 'event_unreadable';
    owned.batch.rejected.push(deps.reject(slice.slab, index, { code, cursor: owned.live, ...tenant }));
  }

  /** Resolves to false when the partition was rewound or released on the way: nothing of the slice counts then. */
  return async function fold(owned: OwnedPartition, slice: Slice): Promise<boolean> {
    const { slab, from, to, verdicts } = slice;
    const { epoch } = owned;
    sliceMs = deps.nowMs();
    for (let i = from; i < to; i += 1) {
      const verdict = verdicts[i - from];
      if (verdict === VERDICT.first) {
        const waiting = foldFirst(owned, slab, i);
        if (waiting !== undefined && (!(await waiting) || owned.epoch !== epoch)) return false;
      } else if (verdict === VERDICT.copy) owned.batch.copies += 1;
      else rejectAs(owned, slice, i);
    }
    advance(owned, slice);
    return true;
  };
}

interface NamedPack {
  readonly tenant: string;
  readonly type: string;
  readonly version: number;
}

/** Waits until the event's pack is known; false when the partition was rewound or released meanwhile. */
async function waitForPack(deps: FoldDeps, owned: OwnedPartition, { tenant, type, version }: NamedPack): Promise<boolean> {
  const { epoch } = owned;
  deps.onPackWait(owned, true);
  deps.registry.lookUp(tenant, type, version);
  try {
    while (owned.epoch === epoch && owned.state === 'running') {
      if (deps.registry.knows(tenant, type, version)) return true;
      await Promise.race([deps.registry.changed(), owned.room.promise]);
    }
    return false;
  } finally {
    deps.onPackWait(owned, false);
  }
}

function readValue(reader: CanonicalReader, slab: RecordSlab, index: number): boolean {
  const start = slab.valueStart[index] ?? -1;
  return start >= 0 && reader.read(slab.bytes, start, slab.valueEnd[index] ?? start);
}

function emptyRow(): RawRow {
  return {
    ...{ tenant: '', eventId: '', idStart: -1, idEnd: -1, source: '', type: '', subject: null, occurredAtMs: 0, receivedAtMs: 0 },
    ...{ partition: 0, logOffset: 0, logGeneration: 0, packVersion: 0, bytes: new Uint8Array(0), dataStart: 0, dataEnd: 0 },
    attributes: new Uint8Array(0),
  };
}

function fillRow(row: RawRow, reader: CanonicalReader, at: { owned: OwnedPartition; slab: RecordSlab; index: number }): void {
  const subject = reader.subject();
  row.tenant = reader.tenant();
  row.idStart = reader.idStart();
  row.idEnd = reader.idEnd();
  row.eventId = row.idStart < 0 ? reader.id() : '';
  row.source = reader.source();
  row.type = reader.type();
  row.subject = subject === '' ? null : subject;
  row.occurredAtMs = reader.timeMs();
  row.receivedAtMs = at.slab.timestampsMs[at.index] ?? 0;
  row.partition = at.owned.partition;
  row.logOffset = at.slab.offsets[at.index] ?? 0;
  row.logGeneration = at.owned.live.logGeneration;
  row.packVersion = reader.packVersion();
  row.bytes = at.slab.bytes;
  row.dataStart = reader.dataStart();
  row.dataEnd = reader.dataEnd();
  row.attributes = reader.attributes();
}

function advance(owned: OwnedPartition, { slab, from, to }: Slice): void {
  const { batch } = owned;
  for (let i = from; i < to; i += 1) {
    const arrivedAtMs = slab.timestampsMs[i] ?? 0;
    if (arrivedAtMs < batch.arrivalFromMs) batch.arrivalFromMs = arrivedAtMs;
    if (arrivedAtMs > batch.arrivalToMs) batch.arrivalToMs = arrivedAtMs;
  }
  batch.records += to - from;
  batch.lastLive = { slab, index: to - 1 };
  owned.live.folded = (slab.offsets[to - 1] ?? 0) + 1;
}
