import { describe, expect, it } from 'vitest';
import { checkLog } from './log-check.ts';
import type { LogFinding } from './log-check.ts';

const DIGEST = new Uint8Array(32);

interface Row {
  readonly what: string;
  readonly next: number;
  readonly digest: Uint8Array | null;
  readonly topicId: string;
  readonly log: readonly [start: number, end: number];
  readonly finding: LogFinding;
}

// The table of the doc comment, row by row, with its edges.
const ROWS: readonly Row[] = [
  { what: 'ends before the next offset', next: 10, digest: DIGEST, topicId: 'c/t', log: [0, 9], finding: 'anew' },
  { what: 'ends at the next offset', next: 10, digest: DIGEST, topicId: 'c/t', log: [0, 10], finding: 'verify' },
  { what: 'still holds the last record as its first', next: 10, digest: DIGEST, topicId: 'c/t', log: [9, 20], finding: 'verify' },
  { what: 'has another id but may hold the last record', next: 10, digest: DIGEST, topicId: 'c/u', log: [0, 20], finding: 'verify' },
  { what: 'begins at the next offset', next: 10, digest: DIGEST, topicId: 'c/t', log: [10, 20], finding: 'continue' },
  { what: 'begins at the next offset but is another topic', next: 10, digest: DIGEST, topicId: 'c/u', log: [10, 20], finding: 'anew' },
  { what: 'begins after the next offset', next: 10, digest: DIGEST, topicId: 'c/t', log: [11, 20], finding: 'gap' },
  {
    what: 'begins after the next offset of a lane that counted nothing yet',
    next: 0,
    digest: null,
    topicId: 'c/t',
    log: [3, 20],
    finding: 'gap',
  },
  { what: 'is new', next: 0, digest: null, topicId: 'c/t', log: [0, 0], finding: 'continue' },
];

describe('comparing a log with what was counted from it', () => {
  it.each(ROWS)('a log that $what is found: $finding', ({ next, digest, topicId, log: [startOffset, endOffset], finding }) => {
    const position = { nextOffset: next, logGeneration: 1, topicId: 'c/t', lastRecordSha256: digest };
    expect(checkLog(position, { startOffset, endOffset, topicId })).toBe(finding);
  });
});
