/**
 * Equal questions that come while one of them is read share the next reading: a thousand viewers of one dashboard cost what one
 * costs, with Redis and without it. None is answered by a reading that began before it was asked, so whoever knows of a commit
 * finds it in the answer.
 */
import type { Read } from './read.ts';
import { keyOfRead } from './read-ask.ts';
import { createSharedFlights } from './shared-flights.ts';

export function createSharedRead(read: Read): Read {
  const share = createSharedFlights();
  return async function readShared(ask) {
    // Who takes no turn is not refused with those who do.
    return share(`${keyOfRead(ask)}\n${ask.takesTurns === true}`, async () => read(ask));
  };
}
