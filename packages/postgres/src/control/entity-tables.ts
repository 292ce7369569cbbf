/** Tables of entities are made with the pack that declares them, so whoever hears of the pack finds them. */
import type { CompiledPack, Fault } from '@tidegate/core';
import type { ControlDatabase } from './prisma-client.ts';

const REFUSALS: Readonly<Record<string, string>> = {
  too_many_columns: 'has too many fields: tenants with a pack of this name share a table of at most 400 columns',
  too_many_indexes: 'has too many indexes: tenants with a pack of this name share a table of at most 32',
};

/** Thrown out of the transaction, so that nothing of the pack is applied. */
export class TableRefused extends Error {
  readonly fault: Fault;

  constructor(fault: Fault) {
    super(fault.message);
    this.fault = fault;
  }
}

/** @throws TableRefused */
export async function ensureEntityTables(database: ControlDatabase, { pack, entities }: CompiledPack): Promise<void> {
  for (const { entity, fields, indexes } of entities.values()) {
    const columns = fields.map(({ columnName }) => columnName);
    const listed = indexes.map((index) => index.map((column) => `${column},`).join(''));
    const [row] = await database.$queryRaw<{ outcome: string }[]>`
      SELECT ensure_entity_table(${pack}, ${entity}, ${columns}::text[], ${listed}::text[]) AS outcome`;
    const message = REFUSALS[row?.outcome ?? ''];
    if (message !== undefined) throw new TableRefused({ code: 'pack_invalid', path: `entities.${entity}`, message });
  }
}
