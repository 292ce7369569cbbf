/** What is said where events of the archive are needed and could not be read. */
import type { FaultCode } from '@tidegate/core';
import { JobFault } from '@tidegate/postgres';
import type { EventsFault } from '@tidegate/postgres';

export const ARCHIVE_FAULTS = {
  too_much: 'range_too_large',
  unread: 'archive_unread',
  damaged: 'archive_damaged',
  away: 'unavailable',
} as const satisfies Record<EventsFault, FaultCode>;

/** What ends a job; where files are that do not come is asked again by its next attempt. */
export function archiveJobFault(fault: EventsFault): Error {
  return fault === 'away' ? new Error('the object store of the archive does not answer') : new JobFault(ARCHIVE_FAULTS[fault]);
}
