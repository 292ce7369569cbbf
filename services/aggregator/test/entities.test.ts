import { compilePack, decodeAnnouncement, decodeState, parsePack, readMeasureAt } from '@tidegate/core';
import type { ChangedEntities, CompiledPack } from '@tidegate/core';
import { COMMIT_FAULT_POINTS } from '@tidegate/postgres';
import { createMemoryEntityReader } from '@tidegate/postgres/memory';
import { afterEach, describe, expect, test } from 'vitest';
import type { FaultPoint } from '../src/fault-points.ts';
import { eventHeaders, JSON_HEADERS } from './records.ts';
import { START_MS, TOPICS, until, World } from './world.ts';
import type { FaultPlan } from './world.ts';

const SOURCE = {
  pack: 'health',
  title: 'Health',
  events: {
    'goal.set': {
      subject: 'required',
      fields: {
        goal_id: { type: 'string' },
        status: { type: 'enum', values: ['active', 'done'], dimension: true, optional: true },
        target: { type: 'decimal', optional: true },
      },
    },
    'goal.dropped': { subject: 'required', fields: { goal_id: { type: 'string' } } },
  },
  entities: { goal: { id: 'goal_id', events: ['goal.set'], deleted_by: ['goal.dropped'], lookups: ['status'] } },
  metrics: {
    goals: {
      over: 'goal',
      dimensions: ['status'],
      measures: { n: { measure: 'count' }, total: { measure: 'sum', field: 'target' } },
    },
  },
};

function compiled(): CompiledPack {
  const parsed = parsePack(SOURCE);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.fault));
  return compilePack({ tenant: 'acme', version: 1, metricVersions: { goals: 1 }, pack: parsed.value });
}

const PACK = compiled();
/** Where all events of the one person are. */
const PARTITION = 1;

interface Told {
  readonly goal: string;
  readonly minute: number;
  readonly isDeletion?: boolean;
  readonly status?: string;
  readonly target?: number;
}

/** Updates of one member, a deletion, an event that occurred before another one that came earlier, and one that comes twice. */
const HISTORY: readonly Told[] = [
  { goal: 'g1', minute: 1, status: 'active', target: 10 },
  { goal: 'g2', minute: 2, status: 'active', target: 5 },
  { goal: 'g3', minute: 3, status: 'active', target: 100 },
  { goal: 'g1', minute: 9, status: 'done' },
  { goal: 'g3', minute: 8, isDeletion: true },
  { goal: 'g1', minute: 5, status: 'active', target: 12 },
  { goal: 'g3', minute: 7, target: 200 },
  { goal: 'g2', minute: 2, status: 'active', target: 5 },
];

/** g1: the status of minute 9, the target of minute 5; g2 as set; g3 is deleted after all that was said of it. */
const ROWS = [
  { goal_id: 'g1', status: 'done', target: 12 },
  { goal_id: 'g2', status: 'active', target: 5 },
];
const FIGURES = ['active 1 5', 'done 1 12'];

/** `id lookup=value…` */
function valuesOf({ lookups, keys }: ChangedEntities): readonly string[] {
  return keys.map(({ id, values }) => `${id} ${lookups.map((lookup, at) => `${lookup}=${values[at]?.join(',') ?? ''}`).join(' ')}`);
}

function namesOf({ tenant, pack, entity, keys }: ChangedEntities): readonly string[] {
  return keys.map(({ subject, id }) => `${tenant} ${pack} ${entity} ${subject} ${id}`);
}

describe('rows of entities', () => {
  let world: World;

  afterEach(async () => {
    await world.close();
  });

  async function send(events: readonly Told[]): Promise<void> {
    for (const { goal, minute, isDeletion = false, ...said } of events) {
      const time = new Date(START_MS - 3_600_000 + minute * 60_000).toISOString();
      const id = `${goal}-${minute}`;
      const value = {
        ...{ specversion: '1.0', id, source: 'urn:app', type: isDeletion ? 'goal.dropped' : 'goal.set', subject: 'anna', time },
        ...{ datacontenttype: 'application/json', tenant: 'acme', packversion: 1, data: { goal_id: goal, ...said } },
      };
      await world.append(TOPICS.events, PARTITION, { value: JSON.stringify(value), headers: eventHeaders(id) });
    }
  }

  async function begin(): Promise<void> {
    world = await World.create();
    const record = { pack: 'health', version: 1, source: SOURCE, metrics: { goals: 1 } };
    const value = JSON.stringify({ version: 1, value: record });
    await world.append(TOPICS.control, 0, { key: 'pack/acme/health', value, headers: JSON_HEADERS });
  }

  async function rows(): Promise<readonly object[]> {
    const entity = PACK.entities.get('goal');
    if (entity === undefined) throw new Error('no entity');
    const read = await createMemoryEntityReader(world.database).read({ entity, subject: 'anna', limit: 10 });
    if (!read.ok) throw new Error(read.fault.message);
    return read.value.rows.map(({ goal_id, status, target }) => ({ goal_id, status, target }));
  }

  /** By status: rows and sum of their targets, of the finest cells. */
  function figures(): readonly string[] {
    const { measures = [] } = PACK.metrics.get('goals') ?? {};
    const found = [...world.database.cells.values()].flatMap(({ seriesId, grain, state }) => {
      const series = world.database.series.get(Buffer.from(seriesId).toString('hex'));
      const read = decodeState(state, measures);
      if (series === undefined || read === null || grain !== 2) return [];
      const [n, total] = [readMeasureAt(read, 0), readMeasureAt(read, 1)];
      const sum = typeof total === 'object' && total !== null && 'unscaled' in total ? total.unscaled : total;
      return n === 0 ? [] : [`${series.dims[0]} ${String(n)} ${String(sum)}`];
    });
    return found.toSorted();
  }

  /** Rows of all records of the partition's announcements from the offset on. */
  function announced(fromOffset = 0, textsOf = namesOf): ReadonlySet<string> {
    const slab = world.broker.read(TOPICS.rollups, PARTITION);
    const values = [...slab.offsets.keys()].slice(0, slab.count).filter((at) => (slab.offsets[at] ?? 0) >= fromOffset);
    const read = values.map((at) => decodeAnnouncement(PARTITION, slab.bytes.slice(slab.valueStart[at], slab.valueEnd[at])));
    return new Set(read.flatMap((one) => (one?.entities ?? []).flatMap(textsOf)));
  }

  async function counted(): Promise<void> {
    await until('all is counted', () => world.isCounted(), 30_000);
    await until('all is announced', () => announced().size >= 3, 30_000);
  }

  test('each field has its latest value in any order, deleted rows are gone, and the cells of a metric over them are a recount', async () => {
    await begin();
    await world.start('a');
    for (const event of HISTORY) {
      await send([event]);
      await until('it is counted', () => world.isCounted());
    }
    await counted();
    expect(await rows()).toEqual(ROWS);
    expect(figures()).toEqual(FIGURES);
    expect([...announced()].toSorted()).toEqual(['acme health goal anna g1', 'acme health goal anna g2', 'acme health goal anna g3']);
  });

  test('a correction of what lies in a closed bucket restates its figures, and it is told', async () => {
    await begin();
    await world.start('a');
    const told = () => [...world.database.restated.values()].map(({ metric, cause, revision }) => `${metric} ${cause} ${revision}`);
    const twoDaysAgo = -2 * 24 * 60;
    await send([{ goal: 'old', minute: twoDaysAgo, status: 'active', target: 7 }]);
    await until('it is counted', () => world.isCounted());
    expect([figures(), told()]).toEqual([['active 1 7'], ['goals late_event 1']]);
    await send([{ goal: 'old', minute: twoDaysAgo + 1, target: 9 }]);
    await until('it is corrected', () => world.isCounted());
    expect([figures(), told()]).toEqual([['active 1 9'], ['goals late_event 2']]);
  });

  test.each([...COMMIT_FAULT_POINTS, 'announce.begun'] as const)(
    'a process that dies at %s leaves neither rows nor cells half done, and the next one announces what it did not',
    async (point: FaultPoint) => {
      await begin();
      let isArmed = false;
      const plan: FaultPlan = (at) => (isArmed && at === point ? 'die' : 'go on');
      const first = await world.start('a', plan);
      await send(HISTORY);
      await counted();
      const { endOffset } = world.broker.read(TOPICS.rollups, PARTITION);
      isArmed = true;
      // One event, which changes a row that is counted: what is half done or done twice would show in its cell.
      await send([{ goal: 'g2', minute: 20, status: 'done', target: 6 }]);
      await until('it is dead', () => first.isDead, 30_000);
      await world.start('b');
      await until('all is counted', () => world.isCounted(), 30_000);
      await until('the row is announced', () => announced(endOffset).has('acme health goal anna g2'), 30_000);
      expect(announced(endOffset, valuesOf)).toContain('g2 status=active,done');
      expect(await rows()).toEqual([ROWS[0], { goal_id: 'g2', status: 'done', target: 6 }]);
      expect(figures()).toEqual(['done 2 18']);
    },
  );
});
