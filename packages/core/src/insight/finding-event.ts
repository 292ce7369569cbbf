/** From a finding that begins to the event that it is told as. */
import type { Work } from '../expression/work.ts';
import type { TemplateFault } from '../expression/template.ts';
import { ok } from '../fault/fault.ts';
import type { Result } from '../fault/fault.ts';
import type { MadeEvent } from '../write/made-event.ts';
import { withoutNulls } from '../write/made-event.ts';
import type { FindingEvent } from './compile-insight.ts';
import type { Finding } from './insight-schema.ts';

export interface FindingToTell {
  readonly finding: Finding;
  /** The same for the same finding, however often it is told. */
  readonly id: string;
  readonly now: string;
}

export function eventOfFinding(
  { type, data }: FindingEvent,
  { finding, id, now }: FindingToTell,
  work: Work,
): Result<MadeEvent, TemplateFault> {
  const filled = data.fill({ finding, now }, work);
  return filled.ok ? ok({ id, type, occurred_at: now, data: withoutNulls(filled.value) }) : filled;
}
