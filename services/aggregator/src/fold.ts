import type { CanonicalReader } from '@tidegate/core';
import type { RecordSlab } from '@tidegate/kafka';
import type { RawRow, RejectedRow } from '@tidegate/postgres';
import { partOf } from './open-batch.ts';
import type { EventCursor, OwnedPartition } from './owned-partition.ts';
import type { Registry } from './registry.ts';
import type { RejectionCode } from './reject.ts';

export interface FoldDeps {
  readonly reader: CanonicalReader;
  readonly registry: Pick<Registry, 'knows' | 'lookUp' | 'changed'>;
  readonly reject: (slab: RecordSlab, index: number, why: { code: RejectionCode; tenant?: string; cursor: EventCursor }) => RejectedRow;
  /** An event waits for a pack that this process has not been told of yet; false when the wait is over. */
  readonly onPackWait: (owned: OwnedPartition, isWaiting: boolean) => void;
  readonly nowMs: () => number;
}

/** What to do with a record of a slice; the codes of `Slice.verdicts`. */
export const VERDICT = { first: 0, copy: 1, ask: 2, unreadable: 3, refused: 4, foreign: 5 } as const;

/** Records `from` ≤ i < `to` of a slab, judged. */
export interface Slice {
  readonly slab: RecordSlab;
  /** Of the lane that the slab belongs to. */
  readonly cursor: EventCursor;
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

  function foldEvent(owned: OwnedPartition, slice: Slice, index: number): void {
    fillRow(row, reader, { slice, index });
    owned.folder.fold(reader, row.receivedAtMs);
    const part = partOf(owned.batch, slice.cursor.lane);
    part.raw.add(row);
    part.events += 1;
    owned.batch.types.add(row.tenant, row.type, slice.cursor.lane === 'live');
    owned.batch.lateness.add(sliceMs - row.occurredAtMs);
  }

  /** One event that is a first copy; a promise only where its pack is not known yet. */
  function foldFirst(owned: OwnedPartition, slice: Slice, index: number): void | Promise<boolean> {
    const { slab, cursor } = slice;
    if (!readValue(reader, slab, index)) {
      owned.batch.rejected.push(deps.reject(slab, index, { code: 'event_unreadable', cursor }));
      return;
    }
    if (owned.erased.size > 0 && owned.erased.has(reader.tenant(), reader.subject())) {
      owned.batch.rejected.push(deps.reject(slab, index, { code: 'erased', tenant: reader.tenant(), cursor }));
      return;
    }
    if (deps.registry.knows(reader.tenant(), reader.type(), reader.packVersion())) return foldEvent(owned, slice, index);
    const { epoch } = owned;
    const named = { tenant: reader.tenant(), type: reader.type(), version: reader.packVersion() };
    return waitForPack(deps, owned, named).then((isKnown) => {
      if (!isKnown || owned.epoch !== epoch) return false;
      // The shared reader has read other partitions' events meanwhile.
      if (readValue(reader, slab, index)) foldEvent(owned, slice, index);
      return true;
    });
  }

  /** A copy is read for its tenant's name alone, which costs less than folding the first one did. */
  function countCopy({ batch }: OwnedPartition, { slab }: Slice, index: number): void {
    batch.copies += 1;
    if (readValue(reader, slab, index)) batch.types.add(reader.tenant(), '', false);
  }

  function rejectAs(owned: OwnedPartition, slice: Slice, index: number): void {
    const isRefused = slice.verdicts[index - slice.from] === VERDICT.refused;
    const tenant = isRefused && readValue(reader, slice.slab, index) ? { tenant: reader.tenant() } : {};
    const code = isRefused ? 'event_unstorable' : 'event_unreadable';
    owned.batch.rejected.push(deps.reject(slice.slab, index, { code, cursor: slice.cursor, ...tenant }));
  }

  /** Resolves to false when the partition was rewound or released on the way: nothing of the slice counts then. */
  return async function fold(owned: OwnedPartition, slice: Slice): Promise<boolean> {
    const { from, to, verdicts } = slice;
    const { epoch } = owned;
    sliceMs = deps.nowMs();
    for (let i = from; i < to; i += 1) {
      const verdict = verdicts[i - from];
      if (verdict === VERDICT.first) {
        const waiting = foldFirst(owned, slice, i);
        if (waiting !== undefined && (!(await waiting) || owned.epoch !== epoch)) return false;
      } else if (verdict === VERDICT.copy) countCopy(owned, slice, i);
      else if (verdict !== VERDICT.foreign) rejectAs(owned, slice, i);
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

function fillRow(row: RawRow, reader: CanonicalReader, { slice, index }: { slice: Slice; index: number }): void {
  const { slab, cursor } = slice;
  const subject = reader.subject();
  row.tenant = reader.tenant();
  row.idStart = reader.idStart();
  row.idEnd = reader.idEnd();
  row.eventId = row.idStart < 0 ? reader.id() : '';
  row.source = reader.source();
  row.type = reader.type();
  row.subject = subject === '' ? null : subject;
  row.occurredAtMs = reader.timeMs();
  row.receivedAtMs = slab.timestampsMs[index] ?? 0;
  row.partition = slab.partition;
  row.logOffset = slab.offsets[index] ?? 0;
  row.logGeneration = cursor.logGeneration;
  row.packVersion = reader.packVersion();
  row.bytes = slab.bytes;
  row.dataStart = reader.dataStart();
  row.dataEnd = reader.dataEnd();
  row.attributes = reader.attributes();
}

function advance({ batch }: OwnedPartition, { slab, cursor, from, to }: Slice): void {
  const part = partOf(batch, cursor.lane);
  for (let i = from; i < to; i += 1) {
    const arrivedAtMs = slab.timestampsMs[i] ?? 0;
    if (arrivedAtMs < part.arrivalFromMs) part.arrivalFromMs = arrivedAtMs;
    if (arrivedAtMs > part.arrivalToMs) part.arrivalToMs = arrivedAtMs;
  }
  batch.records += to - from;
  part.last = { slab, index: to - 1 };
  cursor.folded = (slab.offsets[to - 1] ?? 0) + 1;
}
