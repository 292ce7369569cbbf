/**
 * Makes the partitions of a running installation more (docs/design/partition-growth.md). Each step looks at what stands and moves the
 * control record from one known value to the next, so a run that died is begun again and goes on, and of two runs one goes on.
 *
 * | the record                | what is done                                       | then                     |
 * |---------------------------|----------------------------------------------------|--------------------------|
 * | count C                   | what stands in the way is looked for, ingest closes | count C, growing to N    |
 * | count C, growing to N     | all is counted; the switch, one transaction        | count N, growing to N    |
 * | count N, growing to N     | the topics get N partitions, each finds an owner   | count N                  |
 */
import { growthFault } from '@tidegate/core';
import type { LogAdmin, TopicNames } from '@tidegate/kafka';
import type { GrowthStore, LaneStanding, PartitionRecord, SwitchFault } from '@tidegate/postgres';
import { CommandFailure } from './terminal.ts';

export interface GrowDeps {
  readonly store: GrowthStore;
  readonly admin: Pick<LogAdmin, 'describeTopic' | 'offsets' | 'addPartitions'>;
  readonly topics: TopicNames;
  readonly pause: (ms: number) => Promise<void>;
  readonly monotonicMs: () => number;
  /** A line of progress. */
  readonly say: (text: string) => void;
}

/** The ends of the logs must have stood still so long: nothing is on its way from an ingest that has just heard. */
const STILL_MS = 10_000;
/** Queries look at the ends of the logs each second: they know of the new partitions before anything lies there. */
const HEARD_MS = 5_000;
const LOOK_EVERY_MS = 1_000;
/** The one of the events last: by it groups and readers learn that there are more. */
const GROWING_TOPICS = ['rejected', 'rollups', 'backfill', 'events'] as const;

export async function growPartitions(deps: GrowDeps, to: number): Promise<void> {
  for (;;) {
    const record = await standing(deps);
    const { count, growingTo } = record;
    if (growingTo === null && count === to) return deps.say(`there are ${to} partitions`);
    if (growingTo !== null && growingTo !== to)
      throw new CommandFailure(`Partitions are growing to ${growingTo}: go on with --to ${growingTo}.`);
    if (growingTo === null) await close(deps, count, to);
    else if (count < to) await switchOver(deps, count, to);
    else await open(deps, to);
  }
}

/** Opens ingest again by the count of before. */
export async function abortGrowth(deps: GrowDeps): Promise<void> {
  const record = await standing(deps);
  const { count, growingTo } = record;
  if (growingTo === null) throw new CommandFailure('No growth is under way.');
  if (growingTo === count) throw new CommandFailure(`The switch is done: go on with --to ${count}, which opens.`);
  if (!(await deps.store.changeRecord(record, { count, growingTo: null })))
    throw new CommandFailure('The growth has gone on meanwhile; look again.');
  deps.say(`open again with ${count} partitions`);
}

/** The record. @throws CommandFailure where there is none */
export async function standing({ store }: GrowDeps): Promise<PartitionRecord> {
  const record = await store.readRecord();
  if (record === null) throw new CommandFailure('No partition count is recorded: run `tidegate topics ensure` first.');
  return record;
}

async function close(deps: GrowDeps, from: number, to: number): Promise<void> {
  const fault = growthFault(from, to);
  if (fault !== null) throw new CommandFailure(`${fault}.`);
  await refuse(deps, from);
  for (const topic of GROWING_TOPICS) await deps.admin.addPartitions(deps.topics[topic], to, { isTrial: true });
  if (await deps.store.changeRecord({ count: from, growingTo: null }, { count: from, growingTo: to }))
    deps.say(`closed: ingest answers 503 log_growing; --abort opens with ${from} partitions again`);
}

/** Throws where something stands in the way; nothing has changed then. */
async function refuse({ store, admin, topics }: GrowDeps, from: number): Promise<void> {
  for (const name of GROWING_TOPICS) {
    const partitions = (await admin.describeTopic(topics[name]))?.partitions ?? 0;
    if (partitions !== from) throw new CommandFailure(`Topic ${topics[name]} has ${partitions} partitions, and ${from} are counted by.`);
  }
  const { openVersions, openErasures } = await store.readObstacles();
  if (openVersions > 0)
    throw new CommandFailure(`${openVersions} metric versions are being made of raw events: wait until they are swapped in.`);
  if (openErasures > 0) throw new CommandFailure(`${openErasures} persons are being erased: wait until their events are gone.`);
  const owned = new Set((await store.readLanes()).filter(isLiveAndOwned).map(({ partition }) => partition));
  if (owned.size !== from) throw new CommandFailure(`${owned.size} of ${from} partitions have an owner: start aggregators first.`);
}

async function switchOver(deps: GrowDeps, from: number, to: number): Promise<void> {
  await untilCounted(deps, from);
  deps.say('all is counted; the window is copied, which takes as long as it is large');
  const fault = await deps.store.switchTo({ from, to });
  if (fault === null) deps.say(`switched: ${to} partitions`);
  else if (fault.kind !== 'moved') throw new CommandFailure(`${switchFault(fault)} Nothing was switched; run again, or --abort.`);
}

function switchFault(fault: Exclude<SwitchFault, { readonly kind: 'moved' }>): string {
  if (fault.kind === 'busy') return `${fault.obstacles.openVersions} metric versions are being made of raw events.`;
  return `Partitions ${fault.owned.join(', ')} were owned once, and those alone.`;
}

/** Until both event lanes of every partition are counted to their ends, and the ends have stood still. */
async function untilCounted(deps: GrowDeps, count: number): Promise<void> {
  let ends = -1;
  let stillSinceMs = deps.monotonicMs();
  let said = -1;
  for (;;) {
    const lanes = await readEventLanes(deps, count);
    const [end, waiting] = [sum(lanes.map((lane) => lane.end)), sum(lanes.map((lane) => lane.waiting))];
    if (end !== ends) stillSinceMs = deps.monotonicMs();
    ends = end;
    if (waiting === 0 && deps.monotonicMs() - stillSinceMs >= STILL_MS) return;
    if (waiting !== said)
      deps.say(waiting === 0 ? 'all is counted; waiting until the log stands still' : `${waiting} events wait to be counted`);
    said = waiting;
    await deps.pause(LOOK_EVERY_MS);
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, one) => all + one, 0);
}

/** How far a lane is counted, beside the end of its log. */
export interface EventLaneStanding extends LaneStanding {
  readonly end: number;
  readonly waiting: number;
}

/** Of so many partitions; rejects where one of them cannot be asked for its end. */
export async function readEventLanes({ store, admin, topics }: GrowDeps, count: number): Promise<readonly EventLaneStanding[]> {
  const partitions = Array.from({ length: count }, (_, partition) => partition);
  const [live, backfill] = await Promise.all([admin.offsets(topics.events, partitions), admin.offsets(topics.backfill, partitions)]);
  return (await store.readLanes()).flatMap((lane) => {
    if (lane.lane === 'rejected') return [];
    const end = (lane.lane === 'live' ? live : backfill).get(lane.partition)?.end ?? lane.nextOffset;
    return [{ ...lane, end, waiting: Math.max(0, end - lane.nextOffset) }];
  });
}

async function open(deps: GrowDeps, to: number): Promise<void> {
  for (const topic of GROWING_TOPICS) await deps.admin.addPartitions(deps.topics[topic], to);
  let said = -1;
  for (;;) {
    const owned = (await deps.store.readLanes()).filter(isLiveAndOwned).length;
    if (owned !== said) deps.say(`${owned} of ${to} partitions have an owner`);
    said = owned;
    if (owned === to) break;
    await deps.pause(LOOK_EVERY_MS);
  }
  await deps.pause(HEARD_MS);
  if (await deps.store.changeRecord({ count: to, growingTo: to }, { count: to, growingTo: null })) deps.say('open');
}

function isLiveAndOwned({ lane, isOwned }: LaneStanding): boolean {
  return lane === 'live' && isOwned;
}
