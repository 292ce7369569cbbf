import type { TallyRow } from '@tidegate/postgres';
import { afterEach, describe, expect, it } from 'vitest';
import type { Aggregator } from '../src/aggregator.ts';
import { announcementsOf, staleCells, storedCells } from './ledger.ts';
import { eventHeaders } from './records.ts';
import type { TestEvent } from './records.ts';
import { recount } from './recount.ts';
import { START_MS, TOPICS, until, World } from './world.ts';

const DAY_MS = 86_400_000;

function events(from: number, count: number, ageMs = 0): TestEvent[] {
  return Array.from({ length: count }, (_, i) => ({ id: `e-${from + i}`, region: 'north', cents: 100 + i, timeMs: START_MS - ageMs }));
}

/** How many events the process has counted and nobody has written. */
function tallied({ tally }: Aggregator, what: TallyRow['what']): number {
  const rows = tally.take();
  tally.giveBack(rows);
  return rows.filter((row) => row.what === what).reduce((sum, { events: counted }) => sum + counted, 0);
}

describe('the two lanes of a partition', () => {
  let world: World;
  const open = async (): Promise<World> => {
    world = await World.create();
    await world.tellPack();
    return world;
  };
  afterEach(() => world.close());
  const next = (lane: string, partition = 1): number => world.database.lanes.get(`${lane}/${partition}`)?.nextOffset ?? -1;
  async function send(sent: readonly TestEvent[], lane: 'live' | 'backfill'): Promise<void> {
    for (const event of sent) await world.send(event, { partition: 1, lane });
  }

  it.each([
    ['live', 'backfill'],
    ['backfill', 'live'],
  ] as const)('count an event once that came in the %s lane first, then in the %s lane', async (first, second) => {
    await open();
    const sent = events(0, 20, 3 * DAY_MS);
    const { aggregator } = await world.start('a');
    await send(sent, first);
    await until('the first copies are counted', () => next(first) === 20);
    await send(sent, second);
    await until('the others are read', () => next(second) === 20);
    expect(storedCells(world)).toEqual(recount(sent));
    expect(world.database.rawRows.map((row) => row.isBackfill)).toEqual(sent.map(() => first === 'backfill'));
    // Those of the backfill lane wait on purpose: their lag says nothing.
    await until('the last commit is told', () => tallied(aggregator, 'copies') === 20);
    expect(tallied(aggregator, 'type')).toBe(20);
    expect(tallied(aggregator, 'lag')).toBe(first === 'live' ? 20 : 0);
  });

  it('count once what came in both at the same time, and again after a take-over', async () => {
    await open();
    const sent = events(0, 60);
    await send(sent, 'live');
    await send(sent, 'backfill');
    const first = await world.start('a');
    await until('all is counted', () => world.isCounted());
    await first.aggregator.stop();
    await send(sent, 'backfill');
    await send(sent, 'live');
    await world.start('b');
    await until('all is counted again', () => world.isCounted());
    expect(storedCells(world)).toEqual(recount(sent));
    await until('every cell is announced', () => staleCells(world).length === 0);
  });

  it('share term and commit number; complete-through and the place in the announcements are of each lane by itself', async () => {
    await open();
    await world.start('a');
    await send(events(0, 5), 'live');
    await until('live is counted', () => next('live') === 5);
    const completeMs = world.database.live.get(1)?.completeThroughMs ?? 0;
    world.nowMs += 3_600_000;
    await send(events(5, 7, 9 * DAY_MS), 'backfill');
    const before = world.database.live.get(1)?.commitNo ?? 0;
    await until('backfill is counted', () => next('backfill') === 7);
    const after = world.database.live.get(1);
    expect(after?.commitNo).toBeGreaterThan(before);
    expect(after?.backfillThroughMs).toBe(world.nowMs);
    // Nothing of the live lane waits, so it is complete through about now; by the clocks, not by what backfill brought.
    expect(after?.completeThroughMs).toBeLessThanOrEqual(Math.max(completeMs, world.nowMs - 1_000));
    await until('it is announced', () => announcementsOf(world, 1).some((told) => told.backfill?.nextOffset === 7));
    expect(announcementsOf(world, 1).every((told) => (told.backfill?.nextOffset ?? 0) <= next('backfill'))).toBe(true);
  });

  it('wait for each other with a poison record in neither: it is rejected by its position in its own log, the rest is counted', async () => {
    await open();
    world.refuses = (row) => row.eventId === 'e-103' || row.eventId === 'e-4';
    const [live, old] = [events(0, 10), events(100, 10, 5 * DAY_MS)];
    await send(old, 'backfill');
    await send(live, 'live');
    await world.append(TOPICS.backfill, 1, { value: 'no event', headers: eventHeaders('broken') });
    await world.start('a');
    await until('all is counted', () => world.isCounted());
    const rejected = [...world.database.rejected.values()].map(({ topic, lane, logOffset, code }) =>
      [topic, lane, logOffset, code].join(' '),
    );
    expect(rejected.toSorted()).toEqual([
      `${TOPICS.backfill} backfill 10 event_unreadable`,
      `${TOPICS.backfill} backfill 3 event_unstorable`,
      `${TOPICS.events} events 4 event_unstorable`,
    ]);
    const sound = [...live, ...old].filter(({ id }) => id !== 'e-103' && id !== 'e-4');
    expect(storedCells(world)).toEqual(recount(sound));
  });

  it('keep a log of their own: a backfill topic made anew is read from its start under a generation above both lanes’', async () => {
    await open();
    const [live, old] = [events(0, 8), events(50, 8, 2 * DAY_MS)];
    const first = await world.start('a');
    await send(live, 'live');
    await send(old, 'backfill');
    await until('all is counted', () => world.isCounted());
    await first.aggregator.stop();
    world.renewTopic(TOPICS.backfill);
    world.nowMs += 5_000;
    const more = events(80, 3, 2 * DAY_MS);
    await send([...old, ...more], 'backfill');
    await world.start('b');
    await until('all is counted', () => world.isCounted() && next('backfill') === 11);
    expect(storedCells(world)).toEqual(recount([...live, ...old, ...more]));
    expect(world.database.lanes.get('live/1')?.logGeneration).toBe(1);
    const ended = world.database.endedLogs.filter(({ partition }) => partition === 1);
    expect(ended).toEqual([{ lane: 'backfill', partition: 1, logGeneration: 1, nextOffset: 8 }]);
  });

  it('keep gaps of their own', async () => {
    await open();
    await world.start('a');
    await send(events(0, 5), 'backfill');
    await until('all is counted', () => world.isCounted());
    await world.processes[0]?.aggregator.stop();
    await send(events(5, 5), 'backfill');
    world.broker.trimLog(TOPICS.backfill, 1, 8);
    await world.start('b');
    await until('what is left is counted', () => next('backfill') === 10);
    expect(world.database.gaps).toEqual([{ lane: 'backfill', partition: 1, fromOffset: 5, toOffset: 8 }]);
    expect(world.database.rawRows).toHaveLength(7);
  });

  it('are counted live first: what is in the log when an owner begins is counted before a backlog of old events', async () => {
    await open();
    for (let i = 0; i < 12; i += 1) await send(events(1_000 + i * 100, 100, 4 * DAY_MS), 'backfill');
    await send(events(0, 60), 'live');
    let oldWhenLiveWas = -1;
    await world.start('a', () => {
      if (oldWhenLiveWas < 0 && next('live') === 60) oldWhenLiveWas = next('backfill');
      return 'go on';
    });
    await until('all is counted', () => world.isCounted(), 20_000);
    expect(oldWhenLiveWas).toBeGreaterThanOrEqual(0);
    expect(oldWhenLiveWas).toBeLessThan(600);
  });
});
