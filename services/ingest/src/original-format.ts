import type { Envelope, SegmentCall } from '@tidegate/core';
import { CLOUD_EVENT, NATIVE, SEGMENT_CALLS } from '@tidegate/core';

/**
 * In which format a refused original came, as the header `format` of its record and its row name it: `native`, `cloudevent` (an
 * event in binary mode too: it is kept put together), or `segment/<call>` with `@<sentAt in ms>` where the batch around it said when
 * it was sent; the call is `batch` where the message says itself which it is.
 */
export type OriginalFormat =
  | { readonly kind: 'event'; readonly envelope: Envelope }
  | { readonly kind: 'segment'; readonly call: SegmentCall | null; readonly sentAtMs: number };

const SEGMENT = /^segment\/([a-z]+)(?:@(\d{1,15}))?$/;

export function formatName(format: OriginalFormat): string {
  if (format.kind === 'event') return format.envelope === CLOUD_EVENT ? 'cloudevent' : 'native';
  const { call, sentAtMs } = format;
  return `segment/${call ?? 'batch'}${Number.isNaN(sentAtMs) ? '' : `@${sentAtMs}`}`;
}

/** Null: a row does not say, or a later program wrote it. */
export function readFormat(name: string | null): OriginalFormat | null {
  if (name === 'native') return { kind: 'event', envelope: NATIVE };
  if (name === 'cloudevent') return { kind: 'event', envelope: CLOUD_EVENT };
  const [, call, sentAt] = SEGMENT.exec(name ?? '') ?? [];
  if (call === undefined) return null;
  const sentAtMs = sentAt === undefined ? Number.NaN : Number(sentAt);
  if (call === 'batch') return { kind: 'segment', call: null, sentAtMs };
  const known = SEGMENT_CALLS.find((one) => one === call);
  return known === undefined ? null : { kind: 'segment', call: known, sentAtMs };
}
