import { createLogger } from '@tidegate/telemetry';
import { afterEach, expect, test } from 'vitest';
import { PARTITIONS, START_MS, until, World } from './world.ts';

interface Line {
  readonly level: string;
  readonly event: string;
  readonly duration_ms: number | null;
  readonly detail?: Readonly<Record<string, string | number>>;
}

let world: World;
afterEach(() => world.close());

/** Processes of a world that write their lines down, `canary` being in all that they count. */
async function recordingWorld() {
  const written: string[] = [];
  world = await World.create();
  world.log = createLogger({ service: 'aggregator', level: 'debug', destination: { write: (line) => void written.push(line) } });
  await world.tellPack();
  const told = (event: string): readonly Line[] => written.map((line) => JSON.parse(line) as Line).filter((line) => line.event === event);
  return { written, told };
}

test('an aggregator tells which partitions it is given and takes over, each flush and what it counts, and what it lets go', async () => {
  const { written, told } = await recordingWorld();
  for (let n = 0; n < 9; n += 1)
    await world.send({ id: `e${n}`, region: 'canary', cents: 7, timeMs: START_MS }, { partition: n % PARTITIONS });
  const { aggregator } = await world.start('a');
  await until('all is counted', () => world.isCounted());
  expect(told('partitions_assigned').map(({ level, detail }) => ({ level, ...detail }))).toEqual([
    { level: 'info', partitions: '0, 1, 2' },
  ]);
  const taken = told('partition_taken_over').map(({ level, detail }) => [level, detail?.['partition'], detail?.['term']]);
  expect(taken.toSorted()).toEqual([0, 1, 2].map((partition) => ['info', partition, 1]));
  await until('each flush is told', () => told('flushed').reduce((sum, { detail }) => sum + Number(detail?.['live']), 0) === 9);
  for (const { level, duration_ms: ms } of told('flushed')) expect([level, typeof ms]).toEqual(['debug', 'number']);
  await aggregator.stop();
  expect(
    told('partitions_let_go')
      .flatMap(({ detail }) => String(detail?.['partitions']).split(', '))
      .toSorted(),
  ).toEqual(['0', '1', '2']);
  expect(written.join('')).not.toContain('canary');
});

test('a partition that goes to another process is told by both', async () => {
  const { told } = await recordingWorld();
  await world.start('a');
  await until('all is taken over', () => told('partition_taken_over').length === PARTITIONS);
  await world.start('b');
  await until('the other has some', () => told('partition_taken_over').length > PARTITIONS);
  const givenUp = told('partitions_let_go').flatMap(({ detail }) => String(detail?.['partitions']).split(', '));
  const taken = told('partition_taken_over').slice(PARTITIONS);
  expect(taken.map(({ detail }) => Number(detail?.['term']))).toEqual(taken.map(() => 2));
  for (const { detail } of taken) expect(givenUp).toContain(String(detail?.['partition']));
});
