import type { LanePosition } from '@tidegate/postgres';

/** A lane's log as the broker has it. */
export interface LogState {
  readonly startOffset: number;
  readonly endOffset: number;
  /** `<cluster id>/<topic id>`. */
  readonly topicId: string;
}

/**
 * Whether the log still holds what was counted from it.
 *
 * | what is seen                                          | finding                                              |
 * |-------------------------------------------------------|------------------------------------------------------|
 * | the log ends before `next_offset`                     | anew: the broker lost records, or the topic was made anew |
 * | the last committed record can be there                | verify: read it back and compare                     |
 * | it is gone by retention, topic or cluster id differ   | anew                                                 |
 * | the log begins after `next_offset`                    | gap: accepted events are gone                        |
 * | else                                                  | continue                                             |
 */
export type LogFinding = 'continue' | 'verify' | 'anew' | 'gap';

export function checkLog(position: LanePosition, log: LogState): LogFinding {
  if (position.nextOffset > log.endOffset) return 'anew';
  if (position.lastRecordSha256 !== null && position.nextOffset > log.startOffset) return 'verify';
  if (position.topicId !== log.topicId) return 'anew';
  return position.nextOffset < log.startOffset ? 'gap' : 'continue';
}
