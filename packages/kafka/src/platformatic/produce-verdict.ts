/** What a refusal of one sent batch means for it. */
export type ProduceVerdict =
  /** Not written by this attempt; the same bytes may be sent again. */
  | 'refused'
  /** Perhaps written; the broker recognises the same bytes when they are sent again. */
  | 'uncertain'
  /** The broker does not know this producer's sequence: not written by this attempt, and only a new producer id helps. */
  | 'stranger'
  /** In the log already, under an offset that the broker has forgotten. */
  | 'duplicate'
  /** Will never be taken. */
  | 'fatal';

/**
 * Answers of a broker by error code (https://kafka.apache.org/protocol#protocol_error_codes).
 *
 * | code | name | verdict |
 * |---|---|---|
 * | 3, 5, 6, 8, 9, 19, 72, 74, 75, 76, 100 | leader elsewhere or not yet, too few replicas, metadata old | refused |
 * | 7, 13, 20, 56, -1 | time-out, storage error, too few replicas after the write | uncertain |
 * | 2, 89 | damaged on the way, throttled | refused |
 * | 45, 47, 59, 90 | sequence or producer unknown | stranger |
 * | 46 | sequence seen before | duplicate |
 * | others | too large, not allowed, invalid | fatal |
 */
const VERDICTS: ReadonlyMap<number, ProduceVerdict> = new Map([
  ...[2, 3, 5, 6, 8, 9, 19, 72, 74, 75, 76, 89, 100].map((code) => [code, 'refused'] as const),
  ...[-1, 7, 13, 20, 56].map((code) => [code, 'uncertain'] as const),
  ...[45, 47, 59, 90].map((code) => [code, 'stranger'] as const),
  [46, 'duplicate'],
]);

export function verdictOf(errorCode: number): ProduceVerdict {
  return VERDICTS.get(errorCode) ?? 'fatal';
}
