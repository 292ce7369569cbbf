import type { CanonicalReader } from '../event/canonical-shape.ts';

/** What folding needs of an event; the canonical reader is one. What it says need only hold until the next event. */
export type EventView = Pick<
  CanonicalReader,
  | 'tenant'
  | 'id'
  | 'source'
  | 'type'
  | 'subject'
  | 'timeMs'
  | 'kind'
  | 'text'
  | 'boolean'
  | 'json'
  | 'exact'
  | 'double'
  | 'dimension'
  | 'valueHash'
  | 'subjectHash'
  | 'copyId'
>;
