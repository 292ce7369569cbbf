import { createMemoryTracing } from '@tidegate/telemetry/memory';
import type { EndedSpan } from '@tidegate/telemetry/memory';
import { afterEach, describe, expect, it } from 'vitest';
import { createNoteCauses } from '../src/causes.ts';
import type { Slice } from '../src/fold.ts';
import { createOpenBatch } from '../src/open-batch.ts';
import { ownedPartition } from './steps.ts';
import { START_MS, TOPICS, until, World } from './world.ts';

const traceId = (n: number): string => n.toString(16).padStart(32, '0');
const spanId = (n: number): string => n.toString(16).padStart(16, '0');
const traceparent = (n: number, flags = '01'): string => `00-${traceId(n)}-${spanId(n)}-${flags}`;
const event = (id: string) => ({ id, region: 'north', cents: 1, timeMs: START_MS });

describe('the trace of a flush', () => {
  let world: World;
  afterEach(() => world.close());

  it('links to the requests whose records it counts, and holds the commit and the announcement', async () => {
    const { tracing, ended } = createMemoryTracing('aggregator');
    world = await World.create();
    world.tracing = tracing;
    await world.tellPack();
    await world.send(event('a'), { partition: 0, traceparent: traceparent(0xa1) });
    await world.send(event('b'), { partition: 0 });
    await world.send(event('c'), { partition: 1, traceparent: traceparent(0xc3) });
    await world.send(event('d'), { partition: 1, traceparent: traceparent(0xd4, '00') });
    await world.start('a');
    await until('all is counted', () => world.isCounted());
    const linksOf = (spans: readonly EndedSpan[]): readonly string[] => spans.flatMap(({ links }) => links).toSorted();
    const flushes = (): readonly EndedSpan[] => ended.filter(({ name }) => name === 'flush');
    await until('the flushes have ended', () => linksOf(flushes()).length >= 2);

    // The request whose trace nobody keeps is no link.
    expect(linksOf(flushes())).toEqual([`${traceId(0xa1)}-${spanId(0xa1)}`, `${traceId(0xc3)}-${spanId(0xc3)}`]);
    for (const flush of flushes()) {
      const children = ended.filter(({ parentSpanId }) => parentSpanId === flush.spanId);
      expect(children.map(({ name, traceId: trace, failure }) => ({ name, trace, failure }))).toEqual([
        { name: 'commit', trace: flush.traceId, failure: null },
        { name: 'announce', trace: flush.traceId, failure: null },
      ]);
    }
  });
});

describe('the causes of a batch', () => {
  /** A slab of `count` records, each with the trace context of its own. */
  async function slice(count: number): Promise<Slice> {
    const world = await World.create();
    for (let i = 0; i < count; i += 1) await world.send(event(`e${i}`), { partition: 0, traceparent: traceparent(i + 1) });
    const slab = world.broker.read(TOPICS.events, 0);
    return { slab, cursor: ownedPartition().live, from: 0, to: slab.count, verdicts: new Uint8Array(slab.count) };
  }

  it('are at most 128', async () => {
    const batch = createOpenBatch();
    createNoteCauses({ isExporting: true })(batch, await slice(130));
    expect(batch.causes).toHaveLength(128);
    expect(batch.causes.at(-1)).toBe(traceparent(128));
  });

  it('are not looked for where no span leaves the process', () => {
    const untouched = new Proxy({} as Slice, {
      get: () => {
        throw new Error('a record was looked at');
      },
    });
    expect(() => createNoteCauses({ isExporting: false })(createOpenBatch(), untouched)).not.toThrow();
    expect(() => createNoteCauses({ isExporting: true })(createOpenBatch(), untouched)).toThrow('a record was looked at');
  });
});
