/** One stream of events, read on by several readers in turn, each as long as events are of its types. */
import type { ArchivedRow } from '@tidegate/postgres';

export interface TypedRows {
  /** Up to the first event that is of another type. */
  while(isOf: (type: string) => boolean): AsyncGenerator<readonly ArchivedRow[]>;
}

export function splitByType(rows: AsyncIterable<readonly ArchivedRow[]>): TypedRows {
  const from = rows[Symbol.asyncIterator]();
  let waiting: readonly ArchivedRow[] = [];
  return {
    async *while(isOf) {
      for (;;) {
        if (waiting.length === 0) {
          const read = await from.next();
          if (read.done === true) return;
          waiting = read.value;
        }
        const end = waiting.findIndex(({ type }) => !isOf(type));
        const page = end < 0 ? waiting : waiting.slice(0, end);
        waiting = end < 0 ? [] : waiting.slice(end);
        if (page.length > 0) yield page;
        if (end >= 0) return;
      }
    },
  };
}
