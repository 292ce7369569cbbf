import { describe, expect, it } from 'vitest';
import type { KafkaFailure } from '../failure.ts';
import { NO_HEADERS } from '../headers.ts';
import type { AppendReceipt } from '../port.ts';
import { createRecordBatch } from '../record-batch.ts';
import { ProduceLane } from './produce-lane.ts';

const FIRST = { producerId: 1n, producerEpoch: 0 };
const SECOND = { producerId: 2n, producerEpoch: 0 };
const MUCH_LATER = 1_000_000;

type Outcome = AppendReceipt | 'not_sent' | 'unknown';

/** A lane, and the outcomes of its appends in the order in which they came. */
function startLane(): { lane: ProduceLane; outcomes: Outcome[]; push: (records: number, deadlineMs?: number) => void } {
  const lane = new ProduceLane('events', 3);
  lane.adopt(FIRST);
  const outcomes: Outcome[] = [];
  const push = (records: number, deadlineMs = MUCH_LATER): void => {
    const batch = createRecordBatch();
    for (let i = 0; i < records; i++) batch.add(null, null, NO_HEADERS);
    lane.push(batch, deadlineMs).then(
      (receipt) => outcomes.push(receipt),
      (failure: KafkaFailure) => outcomes.push(failure.outcome),
    );
  };
  return { lane, outcomes, push };
}

/** Sends the head; returns [producer id, base sequence, records] as the broker sees them. */
function send(lane: ProduceLane): [bigint, number, number] | null {
  lane.prepare();
  const sealed = lane.seal(0);
  if (!sealed) {
    lane.yield();
    return null;
  }
  const bytes = Buffer.from(sealed);
  return [bytes.readBigInt64BE(43), bytes.readInt32BE(53), bytes.readInt32BE(57)];
}

function answer(lane: ProduceLane, errorCode: number, nowMs = 0): void {
  lane.returned({ errorCode, errorMessage: null, baseOffset: errorCode === 0 ? 100 : -1, appendTimeMs: 5 }, nowMs);
}

const flushed = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('a lane of one partition', () => {
  it('counts its sequence by records, and sends the next batch only after the answer', async () => {
    const { lane, outcomes, push } = startLane();
    push(3);
    push(2);
    expect(send(lane)).toEqual([1n, 0, 3]);
    expect(lane.isReady(0)).toBe(false);
    answer(lane, 0);
    expect(send(lane)).toEqual([1n, 3, 2]);
    answer(lane, 0);
    await flushed();
    expect(outcomes).toEqual([
      { baseOffset: 100, appendTimeMs: 5 },
      { baseOffset: 100, appendTimeMs: 5 },
    ]);
  });

  it.each([
    { name: 'not the leader', code: 6 },
    { name: 'too few replicas', code: 19 },
    { name: 'timed out at the broker', code: 7 },
    { name: 'too few replicas after the write', code: 20 },
  ])('sends the same bytes again after "$name", before anything later', ({ code }) => {
    const { lane, push } = startLane();
    push(3);
    push(2);
    const first = send(lane);
    answer(lane, code);
    expect(lane.isReady(0)).toBe(false);
    expect(lane.isReady(60)).toBe(true);
    expect(send(lane)).toEqual(first);
  });

  it('sends the same bytes again when the connection broke while they were under way', () => {
    const { lane, push } = startLane();
    push(3);
    const first = send(lane);
    lane.failed(new Error('reset'), 0);
    expect(send(lane)).toEqual(first);
  });

  it('says not_sent only if no attempt can have been written', async () => {
    const never = startLane();
    never.push(1, 10);
    never.lane.prepare();
    never.lane.failed(new Error('refused'), 0);
    never.lane.expire(10);

    const perhaps = startLane();
    perhaps.push(1, 10);
    send(perhaps.lane);
    perhaps.lane.failed(new Error('reset'), 0);
    perhaps.lane.expire(10);

    const refused = startLane();
    refused.push(1, 10);
    send(refused.lane);
    answer(refused.lane, 6);
    refused.lane.expire(10);

    await flushed();
    expect([never.outcomes, perhaps.outcomes, refused.outcomes]).toEqual([['not_sent'], ['unknown'], ['not_sent']]);
  });

  it('goes on under another producer id after an unknown outcome, from sequence 0', async () => {
    const { lane, outcomes, push } = startLane();
    push(3, 10);
    push(2);
    send(lane);
    lane.failed(new Error('reset'), 0);
    lane.expire(10);
    expect([lane.identity, lane.abandoned]).toEqual([null, FIRST]);
    lane.adopt(SECOND);
    expect(send(lane)).toEqual([2n, 0, 2]);
    answer(lane, 0);
    await flushed();
    expect(outcomes).toEqual(['unknown', { baseOffset: 100, appendTimeMs: 5 }]);
  });

  it('answers in time while an attempt hangs, and waits for that attempt before it sends on', async () => {
    const { lane, outcomes, push } = startLane();
    push(3, 10);
    push(2, 20);
    push(1);
    send(lane);
    lane.expire(20);
    await flushed();
    expect(outcomes).toEqual(['unknown', 'not_sent']);
    expect(lane.isReady(MUCH_LATER - 1)).toBe(false);
    answer(lane, 0, 30);
    // The attempt was written after all, so the sequence goes on behind it.
    expect(send(lane)).toEqual([1n, 3, 1]);
  });

  it('sends under another producer id when the broker does not know its own any more', () => {
    const { lane, push } = startLane();
    push(3);
    send(lane);
    answer(lane, 45);
    expect(lane.identity).toBeNull();
    lane.adopt(SECOND);
    expect(send(lane)).toEqual([2n, 0, 3]);
  });

  it('does not send again under another producer id what may be in the log', async () => {
    const { lane, outcomes, push } = startLane();
    push(3);
    send(lane);
    lane.failed(new Error('reset'), 0);
    send(lane);
    answer(lane, 59);
    await flushed();
    expect(outcomes).toEqual(['unknown']);
    expect(send(lane)).toBeNull();
  });

  it('gives up at once on what will never be taken, and keeps its sequence', async () => {
    const { lane, outcomes, push } = startLane();
    push(3);
    push(2);
    send(lane);
    answer(lane, 10);
    expect(send(lane)).toEqual([1n, 0, 2]);
    await flushed();
    expect(outcomes).toEqual(['not_sent']);
  });

  it('begins its sequence again behind the last 31-bit number, as the broker does', () => {
    const { lane } = startLane();
    const most = 2 ** 31 - 2;
    const real = createRecordBatch();
    real.add(null, null, NO_HEADERS);
    const sequences = [most, 3, 1].map((count) => {
      void lane.push({ count, sizeBytes: real.sizeBytes, add: () => 0, seal: (stamp) => real.seal(stamp) }, MUCH_LATER);
      const sent = send(lane);
      answer(lane, 0);
      return sent?.[1];
    });
    // 2^31 - 2, then + 3: the numbers 2^31 - 2, 2^31 - 1 and 0 are used, so 1 comes next.
    expect(sequences).toEqual([0, most, 1]);
  });
});
