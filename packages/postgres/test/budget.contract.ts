import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AskedValue, SpentBudget } from '../src/budget-shape.ts';
import { COMMIT_FAULT_POINTS } from '../src/store.ts';
import type { DataStore, PartitionCommit } from '../src/store.ts';
import type { StoreUnderTest } from './store.contract.ts';

const NOTHING = new Uint8Array(0);
const TOKEN = new Uint8Array(16).fill(3);
const DAY = 20_000;
let made = 0;

function idOf(value: number): Uint8Array {
  const id = Buffer.alloc(16);
  id.writeUInt32BE(value, 12);
  return id;
}

/** A budget of its own for each test. */
function freshBudget(valuesMax: number): (values: readonly number[], key?: Partial<AskedValue>) => AskedValue[] {
  const metric = `shop.sales_${(made += 1)}`;
  return (values, key = {}) =>
    values.map((value) => ({
      ...{ tenant: 'acme', metric, dimension: 'page', eventDay: DAY, valuesMax, valueId: idOf(value), ...key },
    }));
}

/** The numbers of the values that are admitted, of those asked. */
function admittedOf(asked: readonly AskedValue[], spent: readonly SpentBudget[] | null): number[] {
  const number = (id: Uint8Array): number => Buffer.from(id).readUInt32BE(12);
  return asked.flatMap((one) => {
    const budget = spent?.find(({ tenant, metric, dimension, eventDay }) => {
      const isSame = tenant === one.tenant && metric === one.metric && dimension === one.dimension;
      return isSame && eventDay === one.eventDay;
    });
    const isAdmitted = budget === undefined || budget.admitted.some((id) => Buffer.compare(id, one.valueId) === 0);
    return isAdmitted ? [number(one.valueId)] : [];
  });
}

const up = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);

/** An owner of one partition that asks for values, flush after flush. */
class Asker {
  readonly store: DataStore;
  private readonly partition: number;
  private commitNo = 0;
  told: readonly SpentBudget[] | null = null;

  constructor(store: DataStore, partition: number) {
    this.store = store;
    this.partition = partition;
  }

  async claim(): Promise<this> {
    const lane = { startOffset: 0, topicId: 'c/t' };
    const [claim] = await this.store.claim([{ partition: this.partition, live: lane, backfill: lane, rejected: lane }], TOKEN);
    this.commitNo = claim?.commitNo ?? 0;
    return this;
  }

  commitOf(asked: readonly AskedValue[]): PartitionCommit {
    const values = { asked, decide: (spent: readonly SpentBudget[]) => void (this.told = spent), series: () => [] };
    return {
      ...{
        partition: this.partition,
        token: TOKEN,
        term: 1,
        commitNo: this.commitNo + 1,
        backfill: null,
        rejectedLane: null,
        completeThroughMs: null,
      },
      live: { expected: 0, next: 0, lastRecordSha256: null },
      ...{ rawRows: NOTHING, arrivalDays: [], series: [], identities: NOTHING, generation: 1, rejected: [], slice: null },
      ...{ arrivalFromMs: 0, arrivalToMs: 0 },
      cells: { absent: [], values, sealed: () => [], resolve: () => [] },
    };
  }

  /** Null: the commit failed. */
  async ask(asked: readonly AskedValue[]): Promise<number[] | null> {
    const outcome = await this.store.commit({ partitions: [this.commitOf(asked)] });
    if (outcome.kind !== 'committed') return null;
    this.commitNo += 1;
    return admittedOf(asked, this.told);
  }
}

/** What every store keeps of the budgets of dimensions. */
export function budgetContract(name: string, make: () => Promise<StoreUnderTest>): void {
  describe(name, () => {
    let database: StoreUnderTest;
    let partitions = 700;
    const opened: DataStore[] = [];
    const asker = async (failAt?: Parameters<StoreUnderTest['open']>[0]): Promise<Asker> => {
      const store = database.open(failAt);
      opened.push(store);
      return new Asker(store, (partitions += 1)).claim();
    };
    beforeAll(async () => {
      database = await make();
    });
    afterAll(async () => {
      await Promise.all(opened.map((store) => store.close()));
      await database.close();
    });

    it('values are admitted in the order asked until the budget is spent, and from then on none but those', async () => {
      const one = await asker();
      const page = freshBudget(5);
      expect(await one.ask(page([1, 2, 3]))).toEqual([1, 2, 3]);
      expect(one.told).toEqual([]);
      expect(await one.ask(page([9, 2, 4, 8, 7]))).toEqual([9, 2, 4]);
      expect(await one.ask(page([7, 1, 9, 6]))).toEqual([1, 9]);
      expect(one.told?.map(({ isWhole, admitted }) => [isWhole, admitted.length])).toEqual([[true, 5]]);
    });

    it('a budget that refused a value stays spent when it is raised, one that did not has room again', async () => {
      const one = await asker();
      const [page, city] = [freshBudget(1), freshBudget(1)];
      expect(await one.ask([...page([1, 2]), ...city([1])])).toEqual([1, 1]);
      const raised = { valuesMax: 10 };
      expect(await one.ask([...page([2], raised), ...city([2], raised)])).toEqual([2]);
      expect(one.told).toHaveLength(1);
    });

    it('tenants, metrics, dimensions and days have budgets of their own', async () => {
      const one = await asker();
      const page = freshBudget(1);
      const keys = [{}, { tenant: 'other' }, { metric: 'shop.visits' }, { dimension: 'city' }, { eventDay: DAY - 30_000 }];
      expect(await one.ask(keys.flatMap((key) => page([1, 2], key)))).toEqual([1, 1, 1, 1, 1]);
      expect(one.told?.map(({ eventDay }) => eventDay).toSorted((a, b) => a - b)).toEqual([-10_000, DAY, DAY, DAY, DAY]);
    });

    it.each(COMMIT_FAULT_POINTS.filter((point) => point !== 'flush.committed'))(
      'a commit that fails at %s admits nothing',
      async (point) => {
        const failing = await asker((at) => at === point);
        const page = freshBudget(2);
        expect(await failing.ask(page([1, 2, 3]))).toBeNull();
        const sound = await asker();
        expect(await sound.ask(page([7, 8]))).toEqual([7, 8]);
        expect(sound.told).toEqual([]);
      },
    );

    it('a value that two partitions of a flush ask for takes the room of one', async () => {
      const one = await asker();
      const other = await new Asker(one.store, (partitions += 1)).claim();
      const page = freshBudget(3);
      const asked = [page([1, 2]), page([2, 3])] as const;
      const outcome = await one.store.commit({ partitions: [one.commitOf(asked[0]), other.commitOf(asked[1])] });
      expect([outcome.kind, one.told, other.told]).toEqual(['committed', [], []]);
    });

    it('owners that race admit exactly what the budget allows, and are told the same of each value', async () => {
      const owners = await Promise.all([asker(), asker()]);
      const page = freshBudget(100);
      const fates = new Map<number, Set<boolean>>();
      const race = async (owner: Asker, offset: number): Promise<void> => {
        for (let round = 0; round < 12; round += 1) {
          // Each brings 10 of its own and 5 that the other brings at about the same time.
          const values = [...up(round * 20 + offset, round * 20 + offset + 10), ...up(10_000 + round * 5, 10_005 + round * 5)];
          const admitted = await until(async () => owner.ask(page(values)));
          for (const value of values) fates.set(value, (fates.get(value) ?? new Set()).add(admitted.includes(value)));
        }
      };
      await Promise.all([race(owners[0] as Asker, 0), race(owners[1] as Asker, 10)]);
      expect([...fates.values()].filter((told) => told.size > 1)).toEqual([]);
      expect([...fates.values()].filter((told) => told.has(true))).toHaveLength(100);
      expect(fates.size).toBe(12 * 25);
    });

    it('of a spent budget too large to be held by its owners only the values asked for are told', async () => {
      const one = await asker();
      const page = freshBudget(20_001);
      expect(await one.ask(page(up(0, 20_001)))).toHaveLength(20_001);
      expect(await one.ask(page([5, 30_000, 6]))).toEqual([5, 6]);
      expect(one.told?.map(({ isWhole, admitted }) => [isWhole, admitted.length])).toEqual([[false, 2]]);
    });
  });
}

/** A commit of the store in memory fails where another one came between; in Postgres it waits. */
async function until(attempt: () => Promise<number[] | null>): Promise<number[]> {
  for (let left = 200; left > 0; left -= 1) {
    const result = await attempt();
    if (result !== null) return result;
  }
  throw new Error('no attempt was committed');
}
