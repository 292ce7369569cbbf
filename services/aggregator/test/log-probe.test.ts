import { NO_HEADERS } from '@tidegate/kafka';
import { describe, expect, it } from 'vitest';
import { createLogProbe } from '../src/log-probe.ts';
import { TOPICS, World } from './world.ts';

const range = { topic: TOPICS.events, partition: 0, fromOffset: 0, toOffset: 2 };

describe('a log probe', () => {
  it('visits the records of its range and no others', async () => {
    const world = await World.create();
    for (const value of ['a', 'b', 'c']) await world.append(TOPICS.events, 0, { value, headers: NO_HEADERS });
    const probe = createLogProbe(world.broker.createClient('probe'), () => undefined);
    const seen: string[] = [];
    await probe.read(range, (slab, index) => {
      seen.push(new TextDecoder().decode(slab.bytes.subarray(slab.valueStart[index], slab.valueEnd[index])));
    });
    expect(seen).toEqual(['a', 'b']);
    await probe.close();
    await world.close();
  });

  it('that is closed before it has read says so: a record that was not read is not one that is gone', async () => {
    const world = await World.create();
    await world.append(TOPICS.events, 0, { value: 'a', headers: NO_HEADERS });
    const probe = createLogProbe(world.broker.createClient('probe'), () => undefined);
    // The second record is not there yet.
    const reading = probe.read(range, () => undefined);
    await probe.close();
    await expect(reading).rejects.toThrow('the probe is closed');
    await world.close();
  });
});
