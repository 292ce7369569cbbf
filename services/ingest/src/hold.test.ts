import { expect, test } from 'vitest';
import type { HeldEvent } from './hold.ts';
import { Hold } from './hold.ts';

function held(index: number, length: number): HeldEvent {
  return { index, bytes: new Uint8Array(length), madeId: null, needsKey: true, lane: 'live' };
}

test('events wait by person, in their order, and behind one that waits', () => {
  const hold = new Hold({ bytesMax: 100, bytes: 0 });
  expect(hold.has('jo')).toBe(false);
  expect([hold.add('jo', held(0, 10)), hold.add('mo', held(1, 10)), hold.add('jo', held(2, 10))]).toEqual([true, true, false]);
  expect([hold.has('jo'), hold.has('mo'), hold.has('xo')]).toEqual([true, true, false]);
  expect(hold.take('jo').map(({ index }) => index)).toEqual([0, 2]);
  expect([hold.has('jo'), hold.take('jo'), hold.has('mo')]).toEqual([false, [], true]);
});

test('the bytes that wait are bounded over all requests, and free again once nobody waits', () => {
  const budget = { bytesMax: 100, bytes: 0 };
  const [one, two] = [new Hold(budget), new Hold(budget)];
  one.add('jo', held(0, 60));
  expect([two.hasRoom(40), two.hasRoom(41)]).toEqual([true, false]);
  two.add('jo', held(0, 40));
  expect(one.hasRoom(1)).toBe(false);
  one.take('jo');
  expect([one.hasRoom(60), one.hasRoom(61)]).toEqual([true, false]);
});
