import type { CanonicalReader } from '../event/canonical-shape.ts';

/** What folding needs of an event; the canonical reader is one. What it says need only hold until the next event. */
export type EventView = Pick<
  CanonicalReader,
  | 'tenant'
  | 'type'
  | 'subject'
  | 'timeMs'
  | 'kind'
  | 'text'
  | 'boolean'
  | 'exact'
  | 'double'
  | 'dimension'
  | 'valueHash'
  | 'subjectHash'
  | 'copyId'
>;
