import { entityTable } from '@tidegate/core';
import { createMemoryEntityReader, entityRowName } from '../src/memory-entities.ts';
import { entityReaderContract } from './entity-reader.contract.ts';

entityReaderContract('memory', async (entity, rows) => {
  const seeded = new Map(rows.map((row) => [entityRowName(row), { ...row, partition: 0 }]));
  return { reader: createMemoryEntityReader({ entities: new Map([[entityTable(entity), seeded]]) }), statements: () => null };
});
