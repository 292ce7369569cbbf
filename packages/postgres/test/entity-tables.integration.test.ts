import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ControlStore } from '../src/index.ts';
import { createControlStore } from '../src/index.ts';
import { createMigratedDatabase } from './scratch-database.ts';
import type { ScratchDatabase } from './scratch-database.ts';

let database: ScratchDatabase;
let store: ControlStore;

beforeAll(async () => {
  database = await createMigratedDatabase();
  store = createControlStore({ databaseUrl: database.url, role: 'tidegate_gateway' });
  for (const tenant of ['acme', 'other']) await store.createTenant({ tenant, title: tenant });
});

afterAll(async () => {
  await store.close();
  await database.drop();
});

function packOf(fields: object, indexes: readonly (readonly string[])[]): object {
  return {
    pack: 'health',
    title: 'Health',
    events: { 'goal.set': { subject: 'required', fields: { goal_id: { type: 'string' }, ...fields } } },
    entities: { goal: { id: 'goal_id', events: ['goal.set'], ...(indexes.length === 0 ? {} : { indexes }) } },
    metrics: { goals: { over: 'goal', measures: { n: { measure: 'count' } } } },
  };
}

async function columns(): Promise<readonly string[]> {
  const rows = await database.query<{ name: string }>(
    `SELECT attname AS name FROM pg_attribute WHERE attrelid = to_regclass('"entity.health.goal"') AND attnum > 0 AND attname LIKE '%.%' ORDER BY attname`,
  );
  return rows.map(({ name }) => name);
}

async function indexes(): Promise<readonly string[]> {
  const rows = await database.query<{ text: string }>(
    `SELECT pg_get_indexdef(indexrelid) AS text FROM pg_index WHERE indrelid = '"entity.health.goal"'::regclass ORDER BY 1`,
  );
  return rows.map(({ text }) => /\(.*$/.exec(text)?.[0] ?? '').toSorted();
}

test('applying a pack makes the tables of its entities with its indexes, in the transaction of its record', async () => {
  expect(await store.applyPack('acme', packOf({ status: { type: 'string' } }, [['subject', 'status']]))).toMatchObject({ ok: true });
  expect(await columns()).toEqual(['goal_id.text', 'status.text']);
  expect(await indexes()).toEqual(['(_tenant, _subject, "status.text") WHERE _exists', '(_tenant, _subject, _id)']);
});

test('a changed pack, and another tenant’s of the same name, add what they need and take nothing away', async () => {
  expect(await store.applyPack('other', packOf({ status: { type: 'integer' }, due: { type: 'date' } }, [['due']]))).toMatchObject({
    ok: true,
  });
  expect(await store.applyPack('acme', packOf({ target: { type: 'decimal' } }, []))).toMatchObject({ ok: true });
  expect(await columns()).toEqual(['due.date', 'goal_id.text', 'status.numeric', 'status.text', 'target.numeric']);
  expect(await indexes()).toHaveLength(3);
});

test('a pack that asks more of a table than it may hold is refused, and nothing of it is applied', async () => {
  const [before, kept] = [await columns(), await store.readPacks('acme')];
  const many = (from: number) => Object.fromEntries(Array.from({ length: 95 }, (_, at) => [`f${from + at}`, { type: 'string' }]));
  for (const from of [100, 200, 300]) await store.applyPack('other', packOf(many(from), []));
  const refused = await store.applyPack('acme', packOf({ ...many(400), ...many(500) }, []));
  expect(refused).toMatchObject({ ok: false, fault: [{ code: 'pack_invalid', path: 'entities.goal' }] });
  expect((await columns()).length).toBe(before.length + 3 * 95);
  expect(await store.readPacks('acme')).toEqual(kept);
});
