/** Events that are stored and events of the archive as one, each once: a row that is in both has the same place in the log. */
import { compareUtf8 } from '@tidegate/core';
import type { EventsOrder } from './archived-events.ts';
import type { ArchivedRow } from './archive-store.ts';

type Pages = AsyncIterable<readonly ArchivedRow[]>;
type Compare<T = ArchivedRow> = (a: T, b: T) => number;

const PAGE_ROWS = 2_000;

/** Both come in the order. */
export async function* mergeEvents(stored: Pages, archived: Pages, order: EventsOrder): AsyncGenerator<readonly ArchivedRow[]> {
  const compare = withEnds(comparing(order));
  const [left, right] = [createReader(stored), createReader(archived)];
  let page: ArchivedRow[] = [];
  let [a, b] = [await left(), await right()];
  while (a !== null || b !== null) {
    const way = compare(a, b);
    const row = way <= 0 ? a : b;
    if (row !== null) page.push(row);
    if (way <= 0) a = await left();
    if (way >= 0) b = await right();
    if (page.length < PAGE_ROWS) continue;
    yield page;
    page = [];
  }
  if (page.length > 0) yield page;
}

/** Null at the end. Nothing is waited for within a page but a turn. */
function createReader(pages: Pages): () => Promise<ArchivedRow | null> {
  const from = pages[Symbol.asyncIterator]();
  let page: readonly ArchivedRow[] = [];
  let at = 0;
  return async function next() {
    while (at >= page.length) {
      const read = await from.next();
      if (read.done === true) return null;
      [page, at] = [read.value, 0];
    }
    return page[at++] ?? null;
  };
}

/** Null, the end, comes after every row. */
function withEnds(compare: Compare): Compare<ArchivedRow | null> {
  return (a, b) => (a === null || b === null ? Number(a === null) - Number(b === null) : compare(a, b));
}

/** 0: the same row. Rows that differ in nothing but their place come in the order of that. */
function comparing(order: EventsOrder): Compare {
  const ranks = new Map(order.by === 'type' ? order.types.map((type, at) => [type, at + 1]) : []);
  const bySubject: Compare = (a, b) => compareUtf8(a.subject ?? '', b.subject ?? '');
  const byType: Compare = (a, b) => (ranks.get(a.type) ?? 0) - (ranks.get(b.type) ?? 0) || compareUtf8(a.type, b.type);
  const first = order.by === 'subject' ? bySubject : byType;
  return (a, b) =>
    first(a, b) || a.occurredAtMs - b.occurredAtMs || compareUtf8(a.eventId, b.eventId) || compareUtf8(a.source, b.source) || places(a, b);
}

const places: Compare = (a, b) =>
  Number(a.isBackfill) - Number(b.isBackfill) ||
  a.logGeneration - b.logGeneration ||
  a.partition - b.partition ||
  a.logOffset - b.logOffset;
