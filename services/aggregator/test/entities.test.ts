import { compilePack, decodeAnnouncement, decodeState, parsePack, readMeasureAt } from '@tidegate/core';
import type { CompiledPack } from '@tidegate/core';
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
  entities: { goal: { id: 'goal_id', events: ['goal.set'], deleted_by: ['goal.dropped'] } },
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

  function announced(): ReadonlySet<string> {
    const slab = world.broker.read(TOPICS.rollups, PARTITION);
    const keys = new Set<string>();
    for (let i = 0; i < slab.count; i += 1) {
      const start = slab.valueStart[i] ?? 0;
      const read = decodeAnnouncement(PARTITION, slab.bytes.slice(start, slab.valueEnd[i] ?? start));
      for (const { tenant, pack, entity, keys: own } of read?.entities ?? []) {
        for (const { subject, id } of own) keys.add(`${tenant} ${pack} ${entity} ${subject} ${id}`);
      }
    }
    return keys;
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

  test.each([...COMMIT_FAULT_POINTS, 'announce.begun'] as const)(
    'a process that dies at %s leaves neither rows nor cells half done, and the next one announces what it did not',
    async (point: FaultPoint) => {
      await begin();
      const seen = { times: 0 };
      // Not at its first commit: the rows of that one are what the next ones change.
      const plan: FaultPlan = (at) => (at === point && (seen.times += 1) > 1 ? 'die' : 'go on');
      const first = await world.start('a', plan);
      await send(HISTORY.slice(0, 2));
      await until('the first rows are counted', () => world.isCounted() || first.isDead);
      await send(HISTORY.slice(2));
      await until('it is dead', () => first.isDead, 30_000);
      await world.start('b');
      await counted();
      expect(await rows()).toEqual(ROWS);
      expect(figures()).toEqual(FIGURES);
      expect([...announced()].toSorted()).toEqual(['acme health goal anna g1', 'acme health goal anna g2', 'acme health goal anna g3']);
    },
  );
});
