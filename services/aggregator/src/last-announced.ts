import { decodeAnnouncement } from '@tidegate/core';
import type { Announcement } from '@tidegate/core';
import type { RecordSlab } from '@tidegate/kafka';
import type { LogProbe } from './log-probe.ts';

/** Records looked at from the end: more than the parts of the largest commit, and little to read. */
const RECORDS_BACK = 256;

export interface LastAnnounced {
  /** Greatest term of any record seen; 0 when none. */
  readonly term: number;
  /** Last commit of which every part is there; null when none is seen. */
  readonly commitNo: number | null;
}

/** Finds where the announcements of a partition end. */
export async function findLastAnnounced(
  probe: LogProbe,
  at: { readonly topic: string; readonly partition: number; readonly startOffset: number; readonly endOffset: number },
): Promise<LastAnnounced> {
  const seen = createTail();
  const fromOffset = Math.max(at.startOffset, at.endOffset - RECORDS_BACK);
  await probe.read({ topic: at.topic, partition: at.partition, fromOffset, toOffset: at.endOffset }, (slab, index) => {
    const announcement = decodeAnnouncement(at.partition, Uint8Array.from(valueOf(slab, index)));
    if (announcement !== null) seen.take(announcement);
  });
  return seen.last();
}

function valueOf(slab: RecordSlab, index: number): Uint8Array {
  return slab.bytes.subarray(slab.valueStart[index] ?? 0, slab.valueEnd[index] ?? 0);
}

/** The end of a partition's announcements: a commit counts once its parts 0 … n-1 were seen. */
export function createTail(): { take(announcement: Announcement): void; last(): LastAnnounced } {
  const parts = new Map<string, Set<number>>();
  let term = 0;
  let newest: { term: number; commitNo: number } | null = null;
  return {
    take(announcement) {
      term = Math.max(term, announcement.term);
      const key = `${announcement.term}/${announcement.commitNo}/${announcement.previousCommitNo}`;
      const held = (parts.get(key) ?? new Set()).add(announcement.part);
      parts.set(key, held);
      if (held.size < announcement.parts) return;
      const isNewer =
        newest === null ||
        announcement.term > newest.term ||
        (announcement.term === newest.term && announcement.commitNo > newest.commitNo);
      if (isNewer) newest = { term: announcement.term, commitNo: announcement.commitNo };
    },
    last: () => ({ term, commitNo: newest?.commitNo ?? null }),
  };
}
