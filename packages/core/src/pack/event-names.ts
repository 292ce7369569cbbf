import type { PackSource } from './schema.ts';

/** All names of a pack under which events are sent, in its order. */
export function namesOfEvents({ events }: PackSource): readonly string[] {
  return Object.entries(events).flatMap(([type, { aliases = [] }]) => [type, ...aliases]);
}
