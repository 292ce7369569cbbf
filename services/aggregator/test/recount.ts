import { bucketStart } from '@tidegate/core';
import type { TestEvent } from './records.ts';

/** count and sum in cents per region and bucket, by plain addition; `shown` names the region of an event as its series does. */
export function recount(
  events: Iterable<TestEvent>,
  shown: (event: TestEvent) => string = ({ region }) => region ?? '-',
): Map<string, { n: number; cents: number }> {
  const cells = new Map<string, { n: number; cents: number }>();
  for (const event of events) {
    const key = `${shown(event)} ${bucketStart(event.timeMs, 'quarter_hour')}`;
    const cell = cells.get(key) ?? { n: 0, cents: 0 };
    cells.set(key, { n: cell.n + 1, cents: cell.cents + event.cents });
  }
  return cells;
}
