import { silentLogger } from '@tidegate/telemetry';
import { describe, expect, it } from 'vitest';
import { createOwnership } from '../src/ownership.ts';
import { ownedPartition } from './steps.ts';

/** An ownership whose pauses are written down beside its take-overs, and end at once. */
function recording() {
  const steps: string[] = [];
  const ownership = createOwnership({
    reader: { assign: () => undefined, unassign: () => undefined },
    backfillReader: { assign: () => undefined, unassign: () => undefined },
    takeOver: async (partition) => {
      steps.push('taken');
      return ownedPartition({ partition });
    },
    drain: async () => undefined,
    topics: { events: 'events', backfill: 'backfill', rejected: 'rejected' },
    pause: async (ms) => void steps.push(`pause ${ms}`),
    // The middle of what backoff draws from.
    random: () => 0.5,
    onTakenOver: () => undefined,
    log: silentLogger,
  });
  const owned = () => {
    const [taken] = ownership.all();
    if (taken === undefined) throw new Error('nothing is owned');
    return taken;
  };
  const settled = () => new Promise((resolve) => setImmediate(resolve));
  return { ownership, steps, owned, settled };
}

describe('a partition that another process took although the group gives it here', () => {
  it('is taken back after a pause that grows, so that one of the two can commit before it is taken again', async () => {
    const { ownership, steps, owned, settled } = recording();
    ownership.assign([0]);
    await settled();
    for (let loss = 1; loss <= 3; loss += 1) {
      ownership.lost(owned());
      await settled();
    }
    const pauses = steps.filter((step) => step.startsWith('pause')).map((step) => Number(step.slice(6)));
    expect(steps.map((step) => step.split(' ')[0])).toEqual(['taken', 'pause', 'taken', 'pause', 'taken', 'pause', 'taken']);
    expect(pauses).toEqual(pauses.toSorted((a, b) => a - b));
    expect(new Set(pauses).size).toBe(3);
  });

  it('is not taken back once the group took it away or the process stops', async () => {
    const { ownership, steps, owned, settled } = recording();
    ownership.assign([0]);
    await settled();
    ownership.lost(owned());
    await ownership.revoke([0]);
    await settled();
    ownership.assign([1]);
    await settled();
    ownership.lost(owned());
    ownership.end();
    await settled();
    expect(steps.filter((step) => step === 'taken')).toHaveLength(2);
    expect(ownership.all()).toEqual([]);
  });
});
