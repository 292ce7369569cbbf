/** The rows of one entity that are the person's. */
import type { CompiledEntity } from '@tidegate/core';
import type { EntityReader, EntityRow } from '@tidegate/postgres';
import type { OpenedValues } from './opened-values.ts';
import type { ExportedPerson, ExportRow } from './section.ts';

const PAGE_ROWS = 1_000;

export async function* entityRows(
  entities: Pick<EntityReader, 'read'>,
  entity: CompiledEntity,
  { person, opened }: { readonly person: ExportedPerson; readonly opened: OpenedValues },
): AsyncGenerator<readonly ExportRow[]> {
  for (let after: string | undefined; ;) {
    person.signal.throwIfAborted();
    const read = await entities.read({ entity, subject: person.subject, limit: PAGE_ROWS, after });
    if (!read.ok) throw new Error(`rows of ${entity.entity} could not be read: ${read.fault.message}`);
    const { rows, cursor } = read.value;
    if (rows.length > 0) yield rows.map((row) => openRow(entity, row, opened));
    if (cursor === null) return;
    after = cursor;
  }
}

function openRow({ events, fields }: CompiledEntity, { subject: _subject, ...row }: EntityRow, { open }: OpenedValues): ExportRow {
  const sealed = new Set(fields.filter(({ isSealed }) => isSealed).map(({ name }) => name));
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, sealed.has(name) ? open(value, name, events) : value]));
}
