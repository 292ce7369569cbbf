import type { PackRecord } from './parse.ts';
import type { FieldSource, PackSource } from './schema.ts';
import { segmentEntries } from './segment.ts';

/**
 * Names under which a pack, or an earlier version of it that is still folded, takes something about a person: fields that are
 * marked `sensitive` or not kept as they are sent, and what messages of Segment call them.
 */
export function markedFields({ source, earlier }: PackRecord): ReadonlySet<string> {
  return new Set([source, ...earlier.map((one) => one.source)].flatMap(markedIn));
}

function markedIn({ events, segment }: PackSource): readonly string[] {
  const fields = Object.values(events).flatMap((event) =>
    Object.entries(event.fields).flatMap(([name, field]) => (isMarked(field) ? [name] : [])),
  );
  const called = segmentEntries(segment).flatMap(([, { type, fields: properties = {} }]) =>
    Object.entries(properties).flatMap(([name, property]) => {
      const field = events[type]?.fields[name];
      return field !== undefined && isMarked(field) ? [property.replace(/^\$/, '')] : [];
    }),
  );
  return [...fields, ...called];
}

function isMarked({ sensitive, action }: FieldSource): boolean {
  return sensitive !== undefined || (action !== undefined && action !== 'keep');
}
