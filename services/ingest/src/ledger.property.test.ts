import type { EventLane } from '@tidegate/core';
import fc from 'fast-check';
import { createRecordBatch } from '@tidegate/kafka';
import { expect, test } from 'vitest';
import type { PendingBatch } from './append.ts';
import { Ledger } from './ledger.ts';

const REQUESTS = 3;
const PARTITIONS = 2;

/** What happens: a request's record goes into a partition's batch, or the batch ends (and the next one begins). */
const step = fc.oneof(
  { weight: 8, arbitrary: fc.record({ request: fc.nat(REQUESTS - 1), partition: fc.nat(PARTITIONS - 1) }) },
  { weight: 1, arbitrary: fc.record({ ends: fc.nat(PARTITIONS - 1), isAppended: fc.boolean() }) },
);

/** Each partition stands for one lane of a partition: two of them share a number. */
const laneOf = (partition: number): EventLane => (partition % 2 === 0 ? 'live' : 'backfill');

/** Group commit as it is in a log: batches of requests that lie between each other, some of which fail. */
class Lane {
  /** By offset: whose record lies there. */
  readonly owners: number[] = [];
  private batch: PendingBatch = { records: createRecordBatch(), waiters: [] };
  private pending: number[] = [];

  add(ledger: Ledger, request: number, partition: number): void {
    this.batch.records.add(new Uint8Array(1), new Uint8Array(1), new Uint8Array(1));
    this.pending.push(request);
    ledger.accept(this.batch, laneOf(partition), Math.floor(partition / 2));
  }

  end(isAppended: boolean): void {
    const outcome = isAppended ? { isAppended: true as const, baseOffset: this.owners.length } : { isAppended: false as const };
    if (isAppended) this.owners.push(...this.pending);
    for (const waiter of this.batch.waiters) waiter.settled(this.batch, outcome);
    this.batch = { records: createRecordBatch(), waiters: [] };
    this.pending = [];
  }
}

test('a receipt names the offsets of its request and no other ones, whoever else shares its batches', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const ledgers = Array.from({ length: REQUESTS }, () => new Ledger());
      const lanes = Array.from({ length: PARTITIONS }, () => new Lane());
      for (const one of steps) {
        if ('ends' in one) lanes[one.ends]?.end(one.isAppended);
        else lanes[one.partition]?.add(ledgers[one.request] ?? new Ledger(), one.request, one.partition);
      }
      for (const lane of lanes) lane.end(true);
      for (const [request, ledger] of ledgers.entries()) {
        const named = ledger
          .receiptEntries()
          .flatMap(({ lane, partition, runs }) =>
            runs.flatMap(({ first, count }) => Array.from({ length: count }, (_, i) => `${lane}/${partition}/${first + i}`)),
          );
        const owned = lanes.flatMap(({ owners }, partition) =>
          owners.flatMap((owner, offset) => (owner === request ? [`${laneOf(partition)}/${Math.floor(partition / 2)}/${offset}`] : [])),
        );
        expect(named).toEqual(owned);
      }
    }),
  );
});
