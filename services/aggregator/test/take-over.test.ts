import { afterEach, describe, expect, it } from 'vitest';
import { announcementsOf, staleCells, storedCells } from './ledger.ts';
import { eventHeaders, rejectedHeaders } from './records.ts';
import type { TestEvent } from './records.ts';
import { recount } from './recount.ts';
import { PARTITIONS, START_MS, TOPICS, until, World } from './world.ts';

/** Each in a bucket of its own, so that no later event mends what was missed of an earlier one. */
function events(from: number, count: number): TestEvent[] {
  return Array.from({ length: count }, (_, i) => ({
    id: `e-${from + i}`,
    region: 'north',
    cents: 100 + i,
    timeMs: START_MS - (from + i) * 900_000,
  }));
}

async function sendAll(world: World, sent: readonly TestEvent[], partition?: number): Promise<void> {
  for (const event of sent) await world.send(event, partition === undefined ? {} : { partition });
}

/** What the tables of events hold now; called, it puts that back. */
function backup({ database }: World): () => void {
  const { lanes, live, cells, journal, series, rawRows } = database;
  const [kept, rows] = [[lanes, live, cells, series].map((table) => [...table]), [...rawRows]];
  const blocks = [...journal].map(([partition, of]) => [partition, [...of]] as const);
  return () => {
    for (const [i, table] of [lanes, live, cells, series].entries()) putBack(table, kept[i] ?? []);
    putBack(journal, blocks);
    rawRows.splice(0, rawRows.length, ...rows);
  };
}

function putBack(table: Map<unknown, unknown>, kept: readonly (readonly [unknown, unknown])[]): void {
  table.clear();
  for (const [key, row] of kept) table.set(key, row);
}

describe('taking a partition over', () => {
  let world: World;
  const open = async (): Promise<World> => {
    world = await World.create();
    await world.tellPack();
    return world;
  };
  afterEach(() => world.close());

  it('begins at the earliest offset where no owner was before', async () => {
    await open();
    await sendAll(world, events(0, 30));
    await world.start('a');
    await until('all is counted', () => world.isCounted());
    expect(world.database.rawRows).toHaveLength(30);
  });

  it('announces what the owner before committed and did not announce, without a hole', async () => {
    await open();
    const first = await world.start('a', () => 'go on');
    await sendAll(world, events(0, 20), 0);
    await until(
      'the first commits are announced',
      () => world.isCounted() && announcementsOf(world, 0).some((told) => told.cells.length > 0),
    );
    await first.aggregator.stop();
    await world.start('b', (point) => (point === 'announce.begun' ? 'die' : 'go on'));
    await sendAll(world, events(20, 20), 0);
    await until('b dies with a commit that nobody was told of', () => world.processes[1]?.isDead === true);
    await world.start('c');
    await until('all is counted', () => world.isCounted());
    await until('the cells of every commit are announced', () => staleCells(world).length === 0);
    const told = announcementsOf(world, 0);
    for (const [i, announcement] of told.entries()) {
      const highest = Math.max(0, ...told.slice(0, i).map((earlier) => earlier.commitNo));
      expect(announcement.previousCommitNo, 'a reader sees no hole').toBeLessThanOrEqual(highest);
    }
  });

  it('takes a term above any that was announced, so that readers see that commits were lost', async () => {
    await open();
    const first = await world.start('a');
    await sendAll(world, events(0, 9));
    await until('all is counted', () => world.isCounted());
    await until('it is announced', () => staleCells(world).length === 0);
    await first.aggregator.stop();
    // The database came back from a backup taken before anything was there.
    const { database } = world;
    for (const table of [database.lanes, database.live, database.cells, database.journal, database.series]) table.clear();
    database.rawRows.length = 0;
    await world.start('b');
    await until('all is counted again', () => world.isCounted());
    for (let partition = 0; partition < PARTITIONS; partition += 1) {
      const terms = announcementsOf(world, partition).map((told) => told.term);
      expect(terms).toEqual(terms.toSorted((a, b) => a - b));
      expect(new Set(terms).size).toBe(2);
    }
  });

  it('counts again what a database lost in a failover, though its owner stays and nothing more arrives', async () => {
    await open();
    await world.start('a');
    await sendAll(world, events(0, 9));
    await until('all is counted and announced', () => world.isCounted() && staleCells(world).length === 0);
    const bringBack = backup(world);
    await sendAll(world, events(9, 9));
    await until('the rest too', () => world.isCounted() && staleCells(world).length === 0);
    bringBack();
    expect(world.database.rawRows).toHaveLength(9);
    await until('all is counted again', () => world.database.rawRows.length === 18);
    await until('the cells of every commit are announced', () => staleCells(world).length === 0);
    expect(storedCells(world)).toEqual(recount([...events(0, 9), ...events(9, 9)]));
  });

  it('reads a log that was made anew from its start under a new generation, and counts nothing twice', async () => {
    await open();
    const sent = events(0, 12);
    const first = await world.start('a');
    await sendAll(world, sent, 1);
    await until('all is counted', () => world.isCounted());
    await first.aggregator.stop();
    world.renewTopic(TOPICS.events);
    world.nowMs += 5_000;
    const after = events(12, 3);
    await sendAll(world, [...sent, ...after], 1);
    await world.start('b');
    await until('all is counted', () => world.isCounted() && world.database.lanes.get('live/1')?.nextOffset === 15);
    // Each partition's log is new, and each is numbered above those that were found before it.
    expect(world.database.lanes.get('live/1')?.logGeneration).toBeGreaterThan(1);
    expect(storedCells(world)).toEqual(recount([...sent, ...after]));
  });

  it('reads again from the start when the broker lost the end of the log', async () => {
    await open();
    const sent = events(0, 12);
    const first = await world.start('a');
    await sendAll(world, sent, 1);
    await until('all is counted', () => world.isCounted());
    await first.aggregator.stop();
    world.broker.cutLog(TOPICS.events, 1, 5);
    const after = events(50, 20);
    world.nowMs += 1_000;
    await sendAll(world, after, 1);
    await world.start('b');
    await until('all is counted', () => world.database.lanes.get('live/1')?.nextOffset === 25);
    expect(world.database.lanes.get('live/1')?.logGeneration).toBe(2);
    expect(storedCells(world)).toEqual(recount([...sent, ...after]));
  });

  it('keeps how far a log was counted that is gone, and numbers the next one above the logs of all partitions', async () => {
    await open();
    const first = await world.start('a');
    await sendAll(world, events(0, 12), 1);
    await sendAll(world, events(20, 6), 2);
    await until('all is counted', () => world.isCounted());
    await first.aggregator.stop();
    const other = world.database.lanes.get('live/0');
    if (other === undefined) throw new Error('partition 0 has no owner');
    world.database.lanes.set('live/0', { ...other, logGeneration: 7 });
    world.broker.cutLog(TOPICS.events, 1, 5);
    await world.start('b');
    await until('it is read again', () => world.database.lanes.get('live/1')?.nextOffset === 5);
    expect(world.database.lanes.get('live/1')?.logGeneration).toBe(8);
    expect(world.database.lanes.get('live/2')?.logGeneration).toBe(1);
    expect(world.database.endedLogs).toEqual([{ lane: 'live', partition: 1, logGeneration: 1, nextOffset: 12 }]);
  });

  it('records the gap when retention took events before they were counted, and goes on behind it', async () => {
    await open();
    const first = await world.start('a');
    await sendAll(world, events(0, 4), 2);
    await until('all is counted', () => world.isCounted());
    await first.aggregator.stop();
    await sendAll(world, events(4, 10), 2);
    world.broker.trimLog(TOPICS.events, 2, 9);
    await world.start('b');
    await until('all is counted', () => world.isCounted());
    expect(world.database.gaps).toEqual([{ partition: 2, lane: 'live', fromOffset: 4, toOffset: 9 }]);
    expect(storedCells(world)).toEqual(recount([...events(0, 4), ...events(4, 10).slice(5)]));
  });

  it('counts nothing twice when all of the log is sent again after a take-over', async () => {
    await open();
    const sent = events(0, 150);
    const first = await world.start('a');
    await sendAll(world, sent);
    await until('all is counted', () => world.isCounted());
    await world.kill(first);
    await world.start('b');
    await sendAll(world, sent);
    await until('all is counted', () => world.isCounted());
    expect(world.database.rawRows).toHaveLength(150);
    expect(
      [...world.database.generations.values()].some((row) => !row.isOpen),
      'closed generations took part',
    ).toBe(true);
  });
});

describe('a record that cannot be counted now', () => {
  let world: World;
  afterEach(() => world.close());

  it('of an unknown kind stops its partition where it stands, and no other', async () => {
    world = await World.create();
    await world.tellPack();
    await sendAll(world, events(0, 5), 0);
    await world.append(TOPICS.events, 0, { value: 'what is this', headers: eventHeaders('x', { kind: 'erasure' }) });
    await sendAll(world, events(5, 5), 0);
    await sendAll(world, events(10, 5), 1);
    await world.start('a');
    await until('both are as far as they can be', () => world.database.rawRows.length === 10);
    await sendAll(world, events(15, 5), 1);
    await until('the other goes on', () => world.database.rawRows.length === 15);
    expect(world.database.lanes.get('live/0')?.nextOffset).toBe(5);
    expect(world.database.rejected.size).toBe(0);
  });

  it('of a newer version stops its partition too', async () => {
    world = await World.create();
    await world.tellPack();
    await world.append(TOPICS.events, 0, { value: 'from the future', headers: eventHeaders('x', { version: '2' }) });
    await sendAll(world, events(0, 5), 1);
    await world.start('a');
    await until('the other is counted', () => world.database.rawRows.length === 5);
    expect(world.database.lanes.get('live/0')?.nextOffset).toBe(0);
  });

  it('waits for the pack that judged it and is then counted', async () => {
    world = await World.create();
    await world.tellPack(1);
    await world.start('a');
    await sendAll(world, events(0, 3), 0);
    const [late] = events(3, 1);
    if (late !== undefined) await world.send(late, { partition: 0, packVersion: 2 });
    await sendAll(world, events(4, 3), 0);
    await sendAll(world, events(7, 3), 1);
    await until('what can be counted is', () => world.database.rawRows.filter((row) => row.partition === 1).length === 3);
    expect(world.database.rawRows.some((row) => row.eventId === 'e-3')).toBe(false);
    await world.tellPack(2);
    await until('all is counted', () => world.isCounted());
    expect(storedCells(world)).toEqual(recount([...events(0, 3), ...events(3, 1), ...events(4, 3), ...events(7, 3)]));
    expect(world.database.rejected.size).toBe(0);
  });

  it('is counted once, with what came beside it, when its partition moves on while it waits', async () => {
    world = await World.create();
    await world.tellPack(1);
    const sent = events(0, 21);
    for (const [i, event] of sent.entries()) await world.send(event, { partition: i % 3, packVersion: i >= 9 && i < 12 ? 2 : 1 });
    const first = await world.start('a');
    await until('it owns all', () => first.aggregator.partitions().length === PARTITIONS);
    // The other lane gives the waiting batches something that could be flushed.
    for (let partition = 0; partition < PARTITIONS; partition += 1) {
      await world.append(TOPICS.rejected, partition, { key: 'acme', value: 'sealed', headers: rejectedHeaders('ingest') });
    }
    const second = await world.start('b');
    await until('a partition has moved', () => second.aggregator.partitions().length > 0);
    await world.tellPack(2);
    await until('all is counted', () => world.isCounted());
    expect(storedCells(world)).toEqual(recount(sent));
    const hashes = [...world.database.rejected.values()].map(({ eventIdHash }) => [...(eventIdHash ?? [])]);
    expect(new Set(hashes.map(String))).toEqual(new Set(['1,2,3']));
    const formats = [...world.database.rejected.values()].map(({ format }) => format);
    expect(formats).toEqual(Array(PARTITIONS).fill('segment/track'));
  });
});

describe('an aggregator at rest', () => {
  let world: World;
  afterEach(() => world.close());

  it('says through when its idle partitions are complete, less a second for clocks, and never goes back', async () => {
    world = await World.create();
    await world.tellPack();
    await world.start('a');
    await until('idle progress is stored', () => world.database.live.get(0)?.completeThroughMs === START_MS - 1_000);
    world.nowMs += 60_000;
    await until('it moves on', () => world.database.live.get(0)?.completeThroughMs === START_MS + 59_000);
    world.nowMs -= 30_000;
    const told = announcementsOf(world, 0).length;
    await until('it was told again', () => announcementsOf(world, 0).length > told + 2);
    expect(world.database.live.get(0)?.completeThroughMs).toBe(START_MS + 59_000);
  });

  it('commits and announces what it has folded before it stops', async () => {
    world = await World.create();
    await world.tellPack();
    const process = await world.start('a', undefined, { flushPauseMinMs: 60_000, flushPauseMaxMs: 60_000 });
    await sendAll(world, events(0, 3), 0);
    await until('a first flush begins the long pause', () => world.database.rawRows.length === 3);
    await sendAll(world, events(3, 4), 0);
    await until('the rest is folded', () => process.aggregator.folded() === 7);
    await process.aggregator.stop();
    expect(world.database.rawRows).toHaveLength(7);
    expect(staleCells(world)).toEqual([]);
  });
});
