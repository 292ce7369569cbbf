import { changedRows, compilePack, createRawFold, createRowFold, parsePack, projectRows } from '@tidegate/core';
import type { CompiledEntity, CompiledPack, EntityRowState } from '@tidegate/core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { PendingEntities } from '../src/entity-commit.ts';
import { createEntityReader } from '../src/pg-entity-reader.ts';
import { createPgStore } from '../src/pg-store.ts';
import { createPool } from '../src/pool.ts';
import type { CommitFaultPoint, DataStore, PartitionCommit } from '../src/store.ts';
import { createMigratedDatabase } from './scratch-database.ts';
import type { ScratchDatabase } from './scratch-database.ts';

function compiled(): CompiledPack {
  const field = { type: 'string', action: 'keep', why: 'for the tests', optional: true };
  const parsed = parsePack({
    pack: 'health',
    title: 'Health',
    events: {
      'goal.set': {
        subject: 'required',
        fields: { goal_id: { type: 'string' }, status: field, target: { type: 'decimal', optional: true } },
      },
      'goal.dropped': { subject: 'required', fields: { goal_id: { type: 'string' } } },
    },
    entities: { goal: { id: 'goal_id', events: ['goal.set'], deleted_by: ['goal.dropped'], indexes: [['subject', 'status']] } },
    metrics: { goals: { over: 'goal', measures: { n: { measure: 'count' } } } },
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.fault));
  return compilePack({ tenant: 'acme', version: 1, metricVersions: {}, pack: parsed.value });
}

const PACK = compiled();
const TOKEN = new Uint8Array(16).fill(7);
const RAW = createRawFold([...PACK.metrics.values()]);

function entityOf(): CompiledEntity {
  const entity = PACK.entities.get('goal');
  if (entity === undefined) throw new Error('no entity');
  return entity;
}

interface Told {
  readonly id: string;
  readonly minute: number;
  readonly data: object;
  readonly isDeletion?: boolean;
}

/** What these events do to rows, as a commit takes it. */
function changesBy(events: readonly Told[]): PendingEntities {
  for (const { id, minute, data, isDeletion = false } of events) {
    RAW.fold({
      ...{ tenant: 'acme', eventId: id, source: '', subject: 'anna', receivedAtMs: 0, packVersion: 1, occurredAtMs: minute * 60_000 },
      ...{ type: isDeletion ? 'goal.dropped' : 'goal.set', data: JSON.stringify(data) },
    });
  }
  const [batch] = RAW.take().entities;
  const rows = batch?.rows ?? [];
  return {
    asks: [{ entity: entityOf(), keys: rows.map(({ key }) => key) }],
    merge([stored = []]) {
      const stateOf = ({ key }: EntityRowState) => stored.find((one) => one.key.id === key.id)?.state;
      const projected = projectRows(rows, stateOf, createRowFold([...PACK.metrics.values()]));
      const changed = changedRows(entityOf(), projected.before, projected.rows);
      return {
        writes: [{ entity: entityOf(), rows: projected.rows }],
        changed,
        ...{ cells: null, series: [], restated: [] },
      };
    },
  };
}

let database: ScratchDatabase;
let store: DataStore;
let failing: CommitFaultPoint | null = null;
let held: (point: CommitFaultPoint) => Promise<void> = async () => undefined;
const cleanUp: (() => Promise<void>)[] = [];

beforeAll(async () => {
  database = await createMigratedDatabase();
  const { pack, entity, fields } = entityOf();
  await database.query('SELECT ensure_entity_table($1, $2, $3, $4)', [
    pack,
    entity,
    fields.map(({ columnName }) => columnName),
    ['_subject,status.text,'],
  ]);
  store = createPgStore({
    databaseUrl: database.url,
    applicationName: 'test',
    role: 'tidegate_aggregator',
    fault: async (point) => {
      if (point === failing) throw new Error(`lost at ${point}`);
      await held(point);
    },
  });
  const start = { startOffset: 0, topicId: 't' };
  for (const partition of [0, 1]) await store.claim([{ partition, live: start, backfill: start, rejected: start }], TOKEN);
  cleanUp.push(() => store.close());
});

afterAll(async () => {
  for (const close of cleanUp) await close();
  await database.drop();
});

interface CommitAt {
  readonly commitNo: number;
  readonly partition?: number;
  readonly by?: DataStore;
}

async function commit(entities: PendingEntities, { commitNo, partition = 0, by = store }: CommitAt): Promise<string> {
  const nothing = new Uint8Array(0);
  const part: PartitionCommit = {
    ...{ partition, token: TOKEN, term: 1, commitNo, backfill: null, rejectedLane: null, completeThroughMs: null },
    live: { expected: commitNo - 1, next: commitNo, lastRecordSha256: null },
    ...{ rawRows: nothing, arrivalDays: [], series: [], identities: nothing, generation: 1, arrivalFromMs: 0, arrivalToMs: 0 },
    cells: { absent: [], values: null, sealed: () => [], resolve: () => [] },
    ...{ rejected: [], slice: null, entities },
  };
  const { kind } = await by.commit({ partitions: [part] });
  return kind;
}

async function rows(): Promise<readonly unknown[]> {
  const pool = createPool({
    databaseUrl: database.url,
    applicationName: 'test',
    connectionsMax: 1,
    statementTimeoutMs: 5_000,
    role: 'tidegate_query',
  });
  try {
    const read = await createEntityReader(pool).read({ entity: entityOf(), limit: 10 });
    if (!read.ok) throw new Error(read.fault.message);
    return read.value.rows.map(({ goal_id, status, target }) => [goal_id, status, target]);
  } finally {
    await pool.end();
  }
}

async function journaled(): Promise<readonly string[]> {
  const keys: string[] = [];
  for await (const { commitNo, entities } of store.readJournal(0, 0)) {
    for (const { keys: own } of entities) keys.push(`${commitNo} ${own.map(({ id }) => id).join()}`);
  }
  return keys;
}

test('rows are merged under their locks, whole or not at all, and the journal names them', async () => {
  const first = changesBy([
    { id: 'a', minute: 1, data: { goal_id: 'g1', status: 'active', target: 9.5 } },
    { id: 'b', minute: 2, data: { goal_id: 'g2', status: 'active' } },
  ]);
  failing = 'flush.journaled';
  expect(await commit(first, { commitNo: 1 })).toBe('failed');
  expect(await rows()).toEqual([]);
  failing = null;
  expect(await commit(first, { commitNo: 1 })).toBe('committed');
  expect(await rows()).toEqual([
    ['g1', 'active', 9.5],
    ['g2', 'active', null],
  ]);

  // A later word on one field, an earlier one on the other; the answer to COMMIT is lost, and the commit stands.
  const second = changesBy([
    { id: 'c', minute: 5, data: { goal_id: 'g1', status: 'done' } },
    { id: 'd', minute: 0, data: { goal_id: 'g1', target: 1 } },
    { id: 'e', minute: 3, data: { goal_id: 'g2' }, isDeletion: true },
  ]);
  failing = 'flush.committed';
  expect(await commit(second, { commitNo: 2 })).toBe('failed');
  failing = null;
  expect((await store.readProgress([0]))[0]?.commitNo).toBe(2);
  expect(await rows()).toEqual([['g1', 'done', 9.5]]);

  // What comes again changes nothing, and is journaled as nothing.
  expect(await commit(changesBy([{ id: 'c', minute: 5, data: { goal_id: 'g1', status: 'done' } }]), { commitNo: 3 })).toBe('committed');
  expect(await commit(changesBy([{ id: 'f', minute: 4, data: { goal_id: 'g2', status: 'active' } }]), { commitNo: 4 })).toBe('committed');
  expect(await rows()).toEqual([
    ['g1', 'done', 9.5],
    ['g2', 'active', null],
  ]);
  expect(await journaled()).toEqual(['1 g1,g2', '2 g1,g2', '4 g2']);
});

test('two partitions that make a row at once wait for each other, and it holds what both say', async () => {
  const told = (id: string, data: object): PendingEntities => ({
    ...changesBy([{ id, minute: 9, data: { goal_id: 'g9', ...data } }]),
    isShared: true,
  });
  const other = createPgStore({ databaseUrl: database.url, applicationName: 'other', role: 'tidegate_aggregator' });
  cleanUp.push(() => other.close());
  const hasRead = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<void>();
  held = async (point) => {
    if (point !== 'flush.cells_read') return;
    hasRead.resolve();
    await goOn.promise;
  };
  const commitNo = ((await store.readProgress([0]))[0]?.commitNo ?? 0) + 1;
  const first = commit(told('p', { status: 'active' }), { commitNo });
  await hasRead.promise;
  let isDone = false;
  const second = commit(told('q', { target: 7 }), { commitNo: 1, partition: 1, by: other }).finally(() => (isDone = true));
  const deadline = performance.now() + 20_000;
  const waiting = `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
  while (!isDone && (await database.query(waiting)).length === 0)
    if (performance.now() > deadline) throw new Error('the second commit neither waits nor ends');
  goOn.resolve();
  expect(await Promise.all([first, second])).toEqual(['committed', 'committed']);
  held = async () => undefined;
  expect((await rows()).filter((row) => JSON.stringify(row).includes('g9'))).toEqual([['g9', 'active', 7]]);
});

test('a table grows by what a pack adds, and never loses or retypes a column', async () => {
  const ensure = async (columns: readonly string[], indexes: readonly string[]): Promise<unknown> =>
    (await database.query('SELECT ensure_entity_table($1, $2, $3, $4) AS outcome', ['health', 'goal', columns, indexes]))[0];
  expect(await ensure(['status.numeric', 'due.date'], ['due.date,_created_at,'])).toEqual({ outcome: 'ok' });
  const columns = await database.query<{ name: string; type: string }>(
    `SELECT attname AS name, format_type(atttypid, atttypmod) AS type FROM pg_attribute
     WHERE attrelid = '"entity.health.goal"'::regclass AND attnum > 0 AND attname LIKE '%.%' ORDER BY attname`,
  );
  expect(columns.map(({ name, type }) => `${name} ${type}`)).toEqual([
    ...['due.date date', 'goal_id.text text', 'status.numeric numeric', 'status.text text', 'target.numeric numeric'],
  ]);
  const many = Array.from({ length: 400 }, (_, at) => `f${at}.text`);
  expect(await ensure(many, [])).toEqual({ outcome: 'too_many_columns' });
  await expect(ensure(['x"; DROP TABLE cell; --.text'], [])).rejects.toThrow('no name of a column');
});

test('the services can read and write rows, and neither make nor alter their table', async () => {
  const asRole = (role: string, text: string): Promise<unknown> => database.query(`SET ROLE ${role}`).then(() => database.query(text));
  try {
    await expect(asRole('tidegate_query', `DELETE FROM "entity.health.goal"`)).rejects.toThrow('permission denied');
    await expect(asRole('tidegate_aggregator', `ALTER TABLE "entity.health.goal" ADD COLUMN x text`)).rejects.toThrow('must be owner');
    await expect(asRole('tidegate_aggregator', `SELECT ensure_entity_table('a', 'b', '{}', '{}')`)).rejects.toThrow('permission denied');
    await expect(asRole('tidegate_gateway', `SELECT * FROM "entity.health.goal"`)).rejects.toThrow('permission denied');
    expect(await asRole('tidegate_gateway', `SELECT ensure_entity_table('a', 'b', '{}', '{}') AS outcome`)).toEqual([{ outcome: 'ok' }]);
  } finally {
    await database.query('RESET ROLE');
  }
});
