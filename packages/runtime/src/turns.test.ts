import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createTurns, Overloaded } from './turns.ts';
import type { TurnsDeps } from './turns.ts';

/** Actions that end when told, and what is known of them. */
function house(deps: Partial<TurnsDeps> = {}) {
  let nowMs = 0;
  const counts = { going: 0, waiting: 0, refused: 0 };
  const begun: string[] = [];
  const ending = new Map<string, () => void>();
  const takeTurn = createTurns({
    ...{ atOnce: 2, waitMaxMs: 100, monotonicMs: () => nowMs, onChange: (now) => Object.assign(counts, now) },
    onRefused: () => (counts.refused += 1),
    ...deps,
  });
  const settled = async (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));
  return {
    counts,
    begun,
    settled,
    ask: async (name: string, tenant = 'acme'): Promise<string> =>
      takeTurn(tenant, async () => {
        begun.push(name);
        await new Promise<void>((resolve) => void ending.set(name, resolve));
        return name;
      }),
    fail: async (tenant = 'acme'): Promise<never> => takeTurn(tenant, async () => Promise.reject(new Error('made wrong'))),
    async end(name: string, afterMs = 10): Promise<void> {
      await settled();
      nowMs += afterMs;
      ending.get(name)?.();
      await settled();
    },
  };
}

describe('turns', () => {
  it('are taken by so many at once, and by those who wait in their order', async () => {
    const { ask, end, begun, counts, settled } = house();
    const all = ['a', 'b', 'c', 'd'].map(async (name) => ask(name));
    await settled();
    expect([begun, counts]).toEqual([['a', 'b'], { going: 2, waiting: 2, refused: 0 }]);
    await end('b');
    expect(begun).toEqual(['a', 'b', 'c']);
    for (const name of ['a', 'c', 'd']) await end(name);
    expect(await Promise.all(all)).toEqual(['a', 'b', 'c', 'd']);
    expect(counts).toEqual({ going: 0, waiting: 0, refused: 0 });
  });

  it('come to each tenant after another, however many one of them asks for', async () => {
    const { ask, end, begun, settled } = house({ atOnce: 1 });
    const asked: [string, string][] = [
      ['x1', 'x'],
      ['x2', 'x'],
      ['x3', 'x'],
      ['x4', 'x'],
      ['y1', 'y'],
      ['z1', 'z'],
      ['y2', 'y'],
    ];
    const all = asked.map(async ([name, tenant]) => ask(name, tenant));
    await settled();
    for (let at = 0; at < asked.length; at += 1) await end(begun.at(-1) ?? '');
    await Promise.all(all);
    expect(begun).toEqual(['x1', 'x2', 'y1', 'z1', 'x3', 'y2', 'x4']);
  });

  it('are refused where they would come too late, and to nobody before whom none of the flood stands', async () => {
    // 10 ms each, two at once: 100 ms are twenty turns.
    const { ask, counts, settled } = house();
    for (let at = 0; at < 22; at += 1) void ask(`a${at}`);
    await expect(ask('late')).rejects.toThrow(Overloaded);
    await expect(ask('late')).rejects.toMatchObject({ retryAfterS: 1 });
    void ask('first', 'other');
    await settled();
    expect(counts).toEqual({ going: 2, waiting: 21, refused: 2 });
  });

  it('are refused to who has so many before them, however fast they go', async () => {
    const { ask, counts, settled } = house({ atOnce: 1, beforeMax: 2, waitMaxMs: Number.POSITIVE_INFINITY });
    for (const name of ['a', 'b', 'c']) void ask(name);
    await expect(ask('late')).rejects.toMatchObject({ retryAfterS: 1 });
    // Of another tenant one comes after the first that waits.
    void ask('first', 'other');
    await settled();
    expect(counts).toEqual({ going: 1, waiting: 3, refused: 1 });
  });

  it('tell by how long making takes when to come again', async () => {
    const { ask, end } = house({ atOnce: 1, waitMaxMs: 2_000 });
    void ask('slow');
    await end('slow', 40_000);
    void ask('slower');
    // A tenth of 40 s, and nine tenths of the ten milliseconds that were thought before.
    await expect(ask('late')).rejects.toMatchObject({ retryAfterS: 5 });
  });

  it('go on after one that failed', async () => {
    const { ask, fail, end, counts } = house({ atOnce: 1 });
    await expect(fail()).rejects.toThrow('made wrong');
    const next = ask('a');
    await end('a');
    expect([await next, counts.going]).toEqual(['a', 0]);
  });

  it('are never more than may be at once, and none is lost', async () => {
    const asked = fc.array(fc.record({ tenant: fc.constantFrom('x', 'y', 'z'), isEnd: fc.boolean() }), { maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(asked, fc.integer({ min: 1, max: 4 }), async (steps, atOnce) => {
        const { ask, end, begun, counts, settled } = house({ atOnce, waitMaxMs: 60 });
        const ended: string[] = [];
        const answers: Promise<string>[] = [];
        const endOne = async (): Promise<void> => {
          const name = begun.find((one) => !ended.includes(one));
          if (name !== undefined) await end(name);
          if (name !== undefined) ended.push(name);
        };
        for (const [at, { tenant, isEnd }] of steps.entries()) {
          if (isEnd) await endOne();
          else answers.push(ask(String(at), tenant).catch(() => 'refused'));
          await settled();
          expect(counts.going).toBeLessThanOrEqual(atOnce);
          expect(counts.going === atOnce || counts.waiting === 0).toBe(true);
        }
        while (ended.length < begun.length) await endOne();
        const names = (await Promise.all(answers)).filter((name) => name !== 'refused');
        expect(names.toSorted()).toEqual(begun.toSorted());
        expect(counts).toMatchObject({ going: 0, waiting: 0, refused: answers.length - names.length });
      }),
      { numRuns: 100 },
    );
  });
});
