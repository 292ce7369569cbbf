import type { Fault } from '../fault/fault.ts';
import type { PackSource } from '../pack/schema.ts';
import type { InsightSource } from './insight-schema.ts';

/** Of persons nobody asks by himself: whom a finding is about is known by the pseudonym alone, and an event names persons by their ids. */
export function lintFindingEvent(name: string, { of, every_s, event }: InsightSource, events: PackSource['events']): readonly Fault[] {
  const faults: Fault[] = [];
  const report = (path: string, message: string): void =>
    void faults.push({ code: 'pack_invalid', path: `insights.${name}.${path}`, message });
  if (every_s !== undefined && of !== 'all') report('every_s', 'only findings about nobody in particular are looked for unasked');
  if (event === undefined) return faults;
  if (of !== 'all') report('event', 'only findings about nobody in particular become events');
  const declared = Object.hasOwn(events, event.type) ? events[event.type] : undefined;
  if (declared === undefined) report('event.type', 'is no event type of this pack');
  else if (declared.subject === 'required') report('event.type', 'its events are about a person');
  else {
    const unknown = Object.keys(event.data).filter((member) => declared.fields[member] === undefined);
    for (const member of unknown) report(`event.data.${member}`, 'is no field of the event type');
  }
  return faults;
}
