/** Folds raw rows again, by the same reader and the same folder as the events of the log. */
import { createCanonicalReader } from '../event/canonical-reader.ts';
import { NO_SOURCE } from '../event/judge.ts';
import type { CompiledMetric } from '../pack/compiled.ts';
import { toIsoUtc } from '../time/iso.ts';
import { foldPlansOf } from './fold-plan.ts';
import { createFolder } from './folder.ts';
import type { FoldedBatch } from './folder-shape.ts';

/** An event as raw_event keeps it. */
export interface RawEvent {
  readonly tenant: string;
  readonly eventId: string;
  readonly source: string;
  readonly type: string;
  readonly subject: string | null;
  readonly occurredAtMs: number;
  readonly receivedAtMs: number;
  readonly packVersion: number;
  /** JSON text, the sender's own digits in it. */
  readonly data: string;
}

export interface RawFold {
  fold(event: RawEvent): void;
  /** What was folded since the last take. */
  take(): FoldedBatch;
}

/**
 * Folds events of one tenant into the given metric versions and nothing else. Each row becomes the record again that was
 * folded when it came, so a member reads as it read then.
 */
export function createRawFold(metrics: readonly CompiledMetric[]): RawFold {
  const plans = foldPlansOf(metrics);
  const folder = createFolder((_tenant, type) => plans.get(type) ?? null);
  const reader = createCanonicalReader();
  const encoder = new TextEncoder();
  return {
    fold(event) {
      const bytes = encoder.encode(recordText(event));
      if (!reader.read(bytes, 0, bytes.length)) throw new Error('a raw row does not read as the event that it was made of');
      folder.fold(reader, event.receivedAtMs);
    },
    take: () => folder.take(),
  };
}

/** The canonical record of `events.v1` (docs/design/road.md, section 3), less attributes that nothing folds by. */
function recordText({ tenant, eventId, source, type, subject, occurredAtMs, packVersion, data }: RawEvent): string {
  const head = `{"specversion":"1.0","id":${JSON.stringify(eventId)},"source":${JSON.stringify(source === '' ? NO_SOURCE : source)}`;
  const about = subject === null ? '' : `,"subject":${JSON.stringify(subject)}`;
  const time = `,"time":"${toIsoUtc(occurredAtMs)}","datacontenttype":"application/json"`;
  return `${head},"type":${JSON.stringify(type)}${about}${time},"tenant":${JSON.stringify(tenant)},"packversion":${packVersion},"data":${data}}`;
}
