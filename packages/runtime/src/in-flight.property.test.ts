import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createInFlight, enterUntilSettled } from './in-flight.ts';

it('holds what a set would hold, whatever comes, goes and goes twice', () => {
  fc.assert(
    fc.property(fc.array(fc.record({ enters: fc.boolean(), which: fc.nat() }), { maxLength: 60 }), (steps) => {
      const inFlight = createInFlight<number>();
      const model = new Set<number>();
      const leaves: (() => void)[] = [];
      for (const [member, { enters, which }] of steps.entries()) {
        if (enters) {
          const leave = inFlight.enter(member);
          model.add(member);
          leaves.push(() => {
            leave();
            model.delete(member);
          });
        } else leaves[which % Math.max(1, leaves.length)]?.();
        expect([...inFlight].toSorted((a, b) => a - b)).toEqual([...model]);
        expect(inFlight.size).toBe(model.size);
      }
    }),
  );
});

it('lets members leave while it is looked through', () => {
  const inFlight = createInFlight<string>();
  const leaves = ['a', 'b', 'c'].map((member) => inFlight.enter(member));
  const seen: string[] = [];
  for (const member of inFlight) {
    seen.push(member);
    for (const leave of leaves) leave();
  }
  expect(seen).toEqual(['a', 'b', 'c']);
  expect(inFlight.size).toBe(0);
});

it('holds work until it settles, either way', async () => {
  const inFlight = createInFlight<Promise<number>>();
  const done = Promise.withResolvers<number>();
  const failed = Promise.withResolvers<number>();
  enterUntilSettled(inFlight, done.promise);
  enterUntilSettled(inFlight, failed.promise);
  const settled = Promise.allSettled([...inFlight]);
  expect(inFlight.size).toBe(2);
  done.resolve(1);
  failed.reject(new Error('no'));
  expect((await settled).map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
  expect(inFlight.size).toBe(0);
});
