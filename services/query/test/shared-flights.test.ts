import { expect, test } from 'vitest';
import { createSharedFlights } from '../src/shared-flights.ts';

test('who comes while one runs shares the next one, which begins when the first has ended', async () => {
  const share = createSharedFlights();
  const ends: (() => void)[] = [];
  let begun = 0;
  const action = async (): Promise<number> => {
    begun += 1;
    const number = begun;
    await new Promise<void>((resolve) => ends.push(resolve));
    return number;
  };
  const first = share('a', action);
  const later = [share('a', action), share('a', action)];
  const other = share('b', action);
  expect(begun).toBe(2);
  ends.shift()?.();
  expect(await first).toBe(1);
  await expect.poll(() => begun).toBe(3);
  for (const end of ends) end();
  expect([await Promise.all(later), await other]).toEqual([[3, 3], 2]);
  // Nothing runs any more: the next is on its own.
  const alone = share('a', async () => 'alone');
  expect(await alone).toBe('alone');
});

test('one that fails is nobody’s but who asked for it, and holds up nothing', async () => {
  const share = createSharedFlights();
  const failing = share('a', async () => Promise.reject(new Error('broken')));
  const next = share('a', async () => 'whole');
  await expect(failing).rejects.toThrow('broken');
  expect(await next).toBe('whole');
});
