import { entityTable } from '@tidegate/core';
import { expect, test } from 'vitest';
import { createMemoryEntityReader, entityRowName } from '../src/memory-entities.ts';
import type { MemoryEntities } from '../src/memory-entities.ts';
import { entityFiguresContract } from './entity-figures.contract.ts';
import type { SeededEntity } from './entity-figures.contract.ts';
import { entityReaderContract, GOAL } from './entity-reader.contract.ts';

function seededAll(seeds: readonly SeededEntity[]): MemoryEntities {
  return new Map(
    seeds.map(({ entity, rows }) => [entityTable(entity), new Map(rows.map((row) => [entityRowName(row), { ...row, partition: 0 }]))]),
  );
}

entityReaderContract('memory', async (entity, rows) => ({
  reader: createMemoryEntityReader({ entities: seededAll([{ entity, rows }]) }),
  statements: () => null,
}));
entityFiguresContract('memory', async (seeds) => createMemoryEntityReader({ entities: seededAll(seeds) }));

test('more groups than an answer may have are refused, not cut, unless a limit says how many are wanted', async () => {
  const rows = Array.from({ length: 10_001 }, (_, at) => {
    const stamp = { timeMs: 1, id: String(at) };
    const values = new Map([['goal_id.text', { value: String(at), stamp }]]);
    const state = { values, createdMs: 1, live: stamp, deleted: null, counted: [], foreign: [] };
    return { tenant: 'acme', subject: 'anna', id: String(at), state };
  });
  const reader = createMemoryEntityReader({ entities: seededAll([{ entity: GOAL, rows }]) });
  const question = { entity: GOAL, groupBy: ['goal_id'], measures: { n: { measure: 'count' } } } as const;
  expect(await reader.figures(question)).toMatchObject({ ok: false, fault: { code: 'range_too_large', path: 'group_by' } });
  expect(await reader.figures({ ...question, limit: 2 })).toMatchObject({ ok: true, value: [{ goal_id: '0' }, { goal_id: '1' }] });
});
