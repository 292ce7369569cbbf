/** The bytes of an export, as they are made. */
import { toIsoUtc } from '@tidegate/core';
import { asPerson } from '@tidegate/postgres';
import type { ErasureStore, EventsOutcome, EventsReader } from '@tidegate/postgres';
import { exportJson } from './export-json.ts';
import { exportZip } from './export-zip.ts';
import type { OpenValuesDeps } from './opened-values.ts';
import { openValuesOf } from './opened-values.ts';
import type { PersonSectionsDeps } from './person-sections.ts';
import { personSections, typesOf } from './person-sections.ts';
import type { ExportedPerson } from './section.ts';

export const EXPORT_TYPES = { json: 'application/json', zip: 'application/zip' } as const;
export type ExportFormat = keyof typeof EXPORT_TYPES;

export interface MakeExportDeps extends PersonSectionsDeps, OpenValuesDeps {
  readonly events: EventsReader;
  readonly erasures: PersonSectionsDeps['erasures'] & Pick<ErasureStore, 'isErased'>;
  readonly nowMs: () => number;
}

export interface ExportToMake extends ExportedPerson {
  readonly exportId: string;
  readonly format: ExportFormat;
}

/** Takes the pieces in; it may stop early. */
type Take<T> = (pieces: AsyncIterable<Uint8Array>) => Promise<T>;
export type MakeExport = <T>(asked: ExportToMake, take: Take<T>) => Promise<EventsOutcome<T>>;

export function createMakeExport(deps: MakeExportDeps): MakeExport {
  return async function makeExport({ exportId, format, ...person }, take) {
    const { tenant, subject } = person;
    // Whoever asks for it: it is read as the person whom it is about.
    return asPerson({ tenant, subject }, async () => make({ exportId, format, ...person }, take));
  };

  async function make<T>({ exportId, format, ...person }: ExportToMake, take: Take<T>): Promise<EventsOutcome<T>> {
    const { tenant, subject, plain } = person;
    const opened = await openValuesOf(deps, { tenant, subject });
    const packs = deps.registry.packs(tenant);
    const head = { export_id: exportId, subject: plain, generated_at: toIsoUtc(deps.nowMs()) };
    const order = { by: 'type', types: typesOf(packs) } as const;
    return deps.events.withEvents({ of: 'person', tenant, subject }, order, async ({ rows }) => {
      const sections = personSections(deps, { person, opened, packs, rows });
      const tail = () => (opened.left() === 0 ? {} : { sealed_values_left: opened.left() });
      return take(format === 'json' ? encoded(exportJson(head, sections, tail)) : exportZip(head, sections, tail));
    });
  }
}

async function* encoded(texts: AsyncIterable<string>): AsyncGenerator<Uint8Array> {
  for await (const text of texts) yield Buffer.from(text);
}
