import type { SegmentSource } from './schema.ts';

/** What Segment's HTTP API takes. */
export const SEGMENT_CALLS = ['track', 'identify', 'page', 'screen', 'group', 'alias'] as const;
export type SegmentCall = (typeof SEGMENT_CALLS)[number];

/** How one kind of message becomes an event. */
export interface SegmentMapping {
  readonly type: string;
  /** Whether the event has a subject: the user's id, else the anonymous one. */
  readonly hasSubject: boolean;
  readonly fields: readonly SegmentField[];
}

export interface SegmentField {
  readonly field: string;
  /** A property or trait of the message, or with a leading `$` one of its own members. */
  readonly from: string;
}

/** The key under which the mapping of a message stands: tracked events have one for each of their names. */
export function segmentKey(call: SegmentCall, event: string): string {
  return call === 'track' ? `track ${event}` : call;
}

interface DeclaredEvent {
  readonly subject: 'none' | 'optional' | 'required';
  readonly fields: Readonly<Record<string, { readonly derive?: unknown }>>;
}

/** Mappings of a linted pack by `segmentKey`. A field that a mapping does not name takes the property of its own name. */
export function compileSegment(
  source: SegmentSource | undefined,
  events: Readonly<Record<string, DeclaredEvent>>,
): ReadonlyMap<string, SegmentMapping> {
  return new Map(
    segmentEntries(source).map(([key, { type, fields = {} }]) => {
      const event = events[type];
      const names = Object.entries(event?.fields ?? {}).flatMap(([name, { derive }]) => (derive === undefined ? [name] : []));
      const mapping = {
        type,
        hasSubject: event?.subject !== 'none',
        fields: names.map((field) => ({ field, from: fields[field] ?? field })),
      };
      return [key, mapping];
    }),
  );
}

type MappingSource = NonNullable<SegmentSource['page']>;

/** The section's mappings under their keys. */
export function segmentEntries(source: SegmentSource | undefined): readonly (readonly [string, MappingSource])[] {
  if (source === undefined) return [];
  const { track = {}, ...others } = source;
  const tracked = Object.entries(track).map(([event, mapping]) => [segmentKey('track', event), mapping] as const);
  const called = Object.entries(others).flatMap(([call, mapping]) => (mapping === undefined ? [] : [[call, mapping] as const]));
  return [...tracked, ...called];
}
