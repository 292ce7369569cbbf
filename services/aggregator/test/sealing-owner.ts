import { bucketStartS, createState, seriesEntry, UNSEALED } from '@tidegate/core';
import type { CompiledMeasure, CompiledMetric, FoldedBatch, RollupState, SealState } from '@tidegate/core';
import type { DataStore, PartitionCommit } from '@tidegate/postgres';
import { createCellStates } from '../src/cell-states.ts';
import type { CellStates } from '../src/cell-states.ts';
import type { PreparedCells } from '../src/prepared-cells.ts';
import { createSealSlice, nextSeal } from '../src/seal.ts';

export const MEASURES: readonly CompiledMeasure[] = [{ name: 'n', kind: 'count', numbers: 'exact' }];
export const METRIC: CompiledMetric = {
  ...{ tenant: 'acme', pack: 'shop', metric: 'shop.sales', version: 1, eventTypes: ['shop.sale'] },
  dimensions: [{ name: 'region', type: 'string' }],
  sets: [{ setNo: 0, dimensions: ['region'], bySubject: false }],
  grains: ['quarter_hour', 'hour', 'day'],
  measures: MEASURES,
};
/** The same with minutes, of which its quarter hours are made. */
export const BY_MINUTE: CompiledMetric = { ...METRIC, grains: ['minute', ...METRIC.grains] };
export const SERIES = ['a', 'b', 'c', 'd', 'e'].map((region) =>
  seriesEntry({ tenant: 'acme', metric: 'shop.sales', version: 1, setNo: 0, subject: '', dims: [region] }),
);
export const START_MS = Date.UTC(2026, 2, 1, 12);
const DAY_S = 86_400;
const TOKEN = new Uint8Array(16).fill(1);
const NOTHING = new Uint8Array(0);

function counted(n: number): RollupState {
  const state = createState(MEASURES);
  for (const measure of state) if (measure.kind === 'count') measure.n = n;
  return state;
}

/** Events by (series, hours before now); several of one bucket are one delta, as the folder makes them. */
type LateEvents = readonly { readonly series: number; readonly hoursAgo: number }[];

/** An owner of one partition: its memory is lost in a take-over, what it committed is not. */
export class SealingOwner {
  nowMs = START_MS;
  /** What was counted, per series and bucket of the finest grain. */
  readonly truth = new Map<string, number>();
  private readonly store: DataStore;
  private readonly metric: CompiledMetric;
  private cells: CellStates;
  private commitNo = 0;
  seals: SealState = UNSEALED;

  constructor(store: DataStore, metric: CompiledMetric = METRIC) {
    this.store = store;
    this.metric = metric;
    this.cells = this.noCells();
  }

  private noCells(): CellStates {
    return createCellStates({
      measuresOf: () => MEASURES,
      grainsOf: () => this.metric.grains,
      budgetedOf: () => [],
      cellsMax: 6,
      seriesMax: 2,
    });
  }

  async takeOver(): Promise<void> {
    const lane = { startOffset: 0, topicId: 'c/t' };
    const [claim] = await this.store.claim([{ partition: 0, live: lane, backfill: lane, rejected: lane }], TOKEN);
    this.cells = this.noCells();
    this.seals = claim?.seals ?? UNSEALED;
    this.commitNo = claim?.commitNo ?? 0;
  }

  async flush(events: LateEvents): Promise<void> {
    const [grain = 'quarter_hour'] = this.metric.grains;
    const deltas = new Map<string, { series: number; bucketS: number; n: number }>();
    for (const { series, hoursAgo } of events) {
      const bucketS = bucketStartS(this.nowMs / 1_000 - hoursAgo * 3_600, grain);
      const delta = deltas.get(`${series} ${bucketS}`) ?? { series, bucketS, n: 0 };
      deltas.set(`${series} ${bucketS}`, { ...delta, n: delta.n + 1 });
    }
    const folded: FoldedBatch = {
      ...{ events: events.length, series: SERIES, days: [], entities: [] },
      deltas: [...deltas.values()].map(({ series, bucketS, n }) => ({ series, grain, bucketS, state: counted(n) })),
    };
    const prepared = this.cells.prepare(folded, { arrivalToMs: this.nowMs, closedAfterS: DAY_S });
    const before = this.commitNo;
    await this.commit(prepared, null);
    if (this.commitNo === before) return;
    this.cells.settled(prepared);
    for (const [key, { n }] of deltas) this.truth.set(key, (this.truth.get(key) ?? 0) + n);
  }

  /** False: nothing is due. */
  async slice(cellsMax: number): Promise<boolean> {
    const due = nextSeal(this.seals, {
      completeThroughMs: this.nowMs,
      hasMinutes: this.metric.grains[0] === 'minute',
      closedAfterS: DAY_S,
    });
    if (due === null) return false;
    const slice = createSealSlice({ seals: this.seals, due, cellsMax, metricOf: () => this.metric });
    const none: PreparedCells = {
      ...{ absent: [], values: null, sealed: () => [], resolve: () => [] },
      ...{ newSeries: [], writes: [], series: [], places: [], unsettled: [] },
    };
    const before = this.commitNo;
    await this.commit(none, slice);
    const made = slice.made();
    if (this.commitNo === before || made === null) return true;
    this.seals = made.seals;
    return true;
  }

  private async commit(cells: PreparedCells, slice: PartitionCommit['slice']): Promise<void> {
    const commit: PartitionCommit = {
      ...{
        partition: 0,
        token: TOKEN,
        term: 1,
        commitNo: this.commitNo + 1,
        backfill: null,
        rejectedLane: null,
        completeThroughMs: this.nowMs,
      },
      live: { expected: 0, next: 0, lastRecordSha256: null },
      ...{ rawRows: NOTHING, arrivalDays: [], series: SERIES, cells, identities: NOTHING, generation: 1, rejected: [], slice },
      ...{ arrivalFromMs: this.nowMs, arrivalToMs: this.nowMs },
    };
    const outcome = await this.store.commit({ partitions: [commit] });
    const [row] = await this.store.readProgress([0]);
    if (outcome.kind === 'committed' || row?.commitNo === commit.commitNo) this.commitNo += 1;
    // A batch whose states may be merged and not committed: memory begins anew, as after a rewind.
    else this.cells.clear();
  }
}
