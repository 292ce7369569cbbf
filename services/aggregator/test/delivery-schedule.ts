import type { EventLane } from '@tidegate/core';
import { createSeededRandom } from '@tidegate/testkit';
import fc from 'fast-check';
import { FAULT_POINTS } from '../src/fault-points.ts';
import type { FaultPoint } from '../src/fault-points.ts';
import { rejectedHeaders } from './records.ts';
import type { PackChange, TestEvent } from './records.ts';
import { PARTITIONS, START_MS, TOPICS, until } from './world.ts';
import type { TestProcess, World } from './world.ts';

const PROCESSES_MAX = 3;
/** More than a day admits, one of them named as the rest is. */
const REGIONS = ['north', 'south', null, 'east', 'west', '_other'];
export const REGIONS_MAX = 3;
const IN_COMMIT = FAULT_POINTS.filter((point) => point.startsWith('flush.'));

/** One thing that happens to the aggregators or to what they read. */
export type Step =
  /** Records come into the logs of both event lanes: new events, copies, late ones, unreadable ones, what ingest refused, what Postgres will refuse. */
  | { readonly kind: 'deliver'; readonly records: number; readonly seed: number }
  /** A process joins the group: partitions are revoked from the others and assigned to it. */
  | { readonly kind: 'assign' }
  /** A process stops in order: its partitions are revoked. */
  | { readonly kind: 'revoke'; readonly which: number }
  | { readonly kind: 'crash'; readonly which: number }
  /** The next commit that gets to the point fails there; at `flush.committed` it stands and its answer is lost. */
  | { readonly kind: 'fail'; readonly point: FaultPoint }
  | { readonly kind: 'die'; readonly point: FaultPoint }
  /** The next commit that gets to the point is held there, and its process is put out of the group, until `resume`. */
  | { readonly kind: 'pause'; readonly point: FaultPoint }
  | { readonly kind: 'resume' }
  /** Appends of the aggregators end without an answer; `kept`: their records are in the log all the same. */
  | { readonly kind: 'lose appends'; readonly appends: number; readonly kept: boolean }
  /** A process lives and everything that was sent is counted before anything else happens. */
  | { readonly kind: 'settle' }
  /** Time passes: buckets close and are sealed, so late events meet sealed cells. */
  | { readonly kind: 'age'; readonly hours: number }
  /** The metric changes: its new version is made, whatever becomes of one that was being made. */
  | { readonly kind: 'change' }
  /** Where every partition has made the newest version, it is what is answered from. */
  | { readonly kind: 'swap' }
  | { readonly kind: 'pass'; readonly turns: number };

const which = fc.nat(PROCESSES_MAX - 1);
const inCommit = fc.constantFrom(...IN_COMMIT);

export const schedules: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({ kind: fc.constant('deliver' as const), records: fc.integer({ min: 1, max: 25 }), seed: fc.nat() }),
    },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('assign' as const) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('revoke' as const, 'crash' as const), which }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('fail' as const, 'pause' as const), point: inCommit }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('fail' as const), point: fc.constant('flush.committed' as const) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('die' as const), point: fc.constantFrom(...FAULT_POINTS) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('resume' as const) }) },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant('lose appends' as const), appends: fc.integer({ min: 1, max: 5 }), kept: fc.boolean() }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('settle' as const) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('change' as const) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('swap' as const) }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('age' as const), hours: fc.integer({ min: 1, max: 30 }) }) },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('pass' as const), turns: fc.integer({ min: 1, max: 12 }) }) },
  ),
  { minLength: 15, maxLength: 40, size: 'max' },
);

/** What was put into the log, and what has to come of it. */
export interface Sent {
  readonly counted: Map<string, TestEvent>;
  readonly poison: Set<string>;
  unreadable: number;
  refusedAtIngest: number;
}

/** Carries steps out on a world. */
export class Schedule {
  readonly world: World;
  readonly sent: Sent = { counted: new Map(), poison: new Set(), unreadable: 0, refusedAtIngest: 0 };
  private living: TestProcess[] = [];
  private orders: { readonly kind: 'fail' | 'die' | 'pause'; readonly point: FaultPoint }[] = [];
  private made = 0;
  private pack: PackChange = {};
  private records = 1;
  private changes = 0;
  private isRevoking = false;

  constructor(world: World) {
    this.world = world;
    world.refuses = (row) => this.sent.poison.has(row.eventId);
  }

  async run(step: Step): Promise<void> {
    await this.world.beat();
    this.living = this.living.filter((process) => !process.isDead);
    switch (step.kind) {
      case 'deliver':
        return this.deliver(step.records, createSeededRandom(step.seed));
      case 'assign':
        return this.assign();
      case 'revoke':
        return this.revoke(step.which);
      case 'crash':
        return this.crash(step.which);
      case 'fail':
      case 'die':
      case 'pause':
        this.orders.push(step);
        return;
      case 'resume':
        this.world.resume();
        return;
      case 'lose appends':
        return this.loseAppends(step.appends, step.kept);
      case 'age':
        this.world.nowMs += step.hours * 3_600_000;
        return;
      case 'change':
        return this.change();
      case 'swap':
        return this.swap();
      case 'settle':
        return this.settle();
      case 'pass':
        return turns(step.turns);
    }
  }

  private async deliver(records: number, random: () => number): Promise<void> {
    const below = (limit: number): number => Math.floor(random() * limit);
    for (let left = records; left > 0; left -= 1) {
      this.world.nowMs += below(3) * 1_000;
      const kind = random();
      if (kind < 0.03) await this.sendUnreadable(below);
      else if (kind < 0.06) await this.sendRefused(below);
      else if (kind < 0.25) await this.sendAgain(below);
      else await this.sendNew(below, kind > 0.97);
    }
  }

  private async sendNew(below: (limit: number) => number, isPoison: boolean): Promise<void> {
    const id = `e-${this.sent.counted.size + this.sent.poison.size}`;
    const lateMs = below(5) === 0 ? below(3 * 86_400_000) : 0;
    const region = REGIONS[below(REGIONS.length)] ?? null;
    const event = { id, region, cents: below(10_000), timeMs: this.world.nowMs - lateMs };
    if (isPoison) this.sent.poison.add(id);
    else this.sent.counted.set(id, event);
    await this.world.send(event, { lane: laneOf(below) });
  }

  /** A copy may come in the other lane. */
  private async sendAgain(below: (limit: number) => number): Promise<void> {
    const known = [...this.sent.counted.values()];
    const event = known[below(known.length)];
    if (event !== undefined) await this.world.send(event, { lane: laneOf(below) });
  }

  private async sendUnreadable(below: (limit: number) => number): Promise<void> {
    this.sent.unreadable += 1;
    const id = `broken-${this.sent.unreadable}`;
    await this.world.send(
      { id, region: null, cents: 0, timeMs: START_MS },
      {
        value: '{"specversion":"1.0","id":7',
        lane: laneOf(below),
      },
    );
  }

  private async sendRefused(below: (limit: number) => number): Promise<void> {
    const isMarked = below(10) < 3;
    if (!isMarked) this.sent.refusedAtIngest += 1;
    await this.world.append(TOPICS.rejected, below(PARTITIONS), {
      key: 'acme',
      value: 'sealed',
      headers: rejectedHeaders(isMarked ? 'events' : 'ingest'),
    });
  }

  private async assign(): Promise<void> {
    if (this.living.length >= PROCESSES_MAX) return;
    this.made += 1;
    this.living.push(await this.world.start(`aggregator-${this.made}`, (point) => this.take(point), { dimensionValuesMax: REGIONS_MAX }));
  }

  /** Versions of the metric that are folded and whole. */
  wholeVersions(): number[] {
    const { metricVersion = 1, isMaking, earlier = [] } = this.pack;
    const before = earlier.map((one) => one.metricVersion ?? 1);
    return isMaking === true ? before : [...before, metricVersion];
  }

  private async change(): Promise<void> {
    this.changes += 1;
    const { isMaking, earlier, ...newest } = this.pack;
    const next = { metricVersion: this.changes + 1, priceFrom: -this.changes, isMaking: true };
    await this.tell({ ...next, earlier: isMaking === true ? (earlier ?? []) : [newest] });
  }

  private async swap(): Promise<void> {
    if (this.pack.isMaking === true && this.isMade()) await this.tell({ ...this.pack, isMaking: false });
  }

  private async tell(pack: PackChange): Promise<void> {
    this.pack = pack;
    this.records += 1;
    await this.world.tellPack(this.records, pack);
    await this.world.beat();
  }

  /** Every partition has folded all that lies below its cut. */
  private isMade(): boolean {
    const { metricVersion = 1, isMaking } = this.pack;
    const done = [...this.world.database.tasks.values()].filter(
      ({ name, state }) => name.endsWith(` ${metricVersion}`) && state === 'done',
    );
    return isMaking !== true || done.length === PARTITIONS;
  }

  private take(point: FaultPoint): 'go on' | 'fail' | 'die' | 'pause' {
    const at = this.orders.findIndex((order) => order.point === point && !(this.isRevoking && order.kind === 'pause'));
    return at < 0 ? 'go on' : (this.orders.splice(at, 1)[0]?.kind ?? 'go on');
  }

  private async revoke(which: number): Promise<void> {
    const [process] = this.living.splice(which % Math.max(1, this.living.length), 1);
    // One that is held cannot stop: it has to go on first.
    this.world.resume();
    this.isRevoking = true;
    await process?.aggregator.stop().catch(() => undefined);
    this.isRevoking = false;
  }

  private async crash(which: number): Promise<void> {
    const [process] = this.living.splice(which % Math.max(1, this.living.length), 1);
    if (process !== undefined) await this.world.kill(process);
  }

  private loseAppends(appends: number, kept: boolean): void {
    let left = appends;
    this.world.broker.failAppends(() => {
      if (this.world.isIngesting || left <= 0) return undefined;
      left -= 1;
      return { outcome: 'unknown', kept };
    });
  }

  /** All faults end, one process that is in the group lives, and everything that was sent is counted. */
  async settle(): Promise<void> {
    this.orders = [];
    this.world.broker.failAppends(undefined);
    this.world.resume();
    await turns(2);
    // One that was held is out of the group and does not know: a client that comes to itself finds out, this one is ended.
    for (const process of this.living) if (process.wasHeld) await this.world.kill(process);
    this.living = this.living.filter((process) => !process.isDead);
    if (this.living.length === 0) await this.assign();
    await this.world.beat();
    await until('everything is counted', () => this.world.isCounted(), 30_000);
    await until('the newest version is made', () => this.isMade(), 30_000);
    await this.swap();
  }

  async end(): Promise<void> {
    await this.settle();
    for (const process of this.living) await process.aggregator.stop();
  }
}

function laneOf(below: (limit: number) => number): EventLane {
  return below(3) === 0 ? 'backfill' : 'live';
}

async function turns(count: number): Promise<void> {
  for (let left = count; left > 0; left -= 1) await new Promise((resolve) => setTimeout(resolve, 1));
}
