import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createInFlight } from './in-flight.ts';

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
