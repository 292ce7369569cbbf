/** Makes partitions more (docs/design/partition-growth.md): the control record, and the switch. */
import { growthFault } from '@tidegate/core';
import type pg from 'pg';
import { z } from 'zod';
import { inTransaction } from './in-transaction.ts';
import { encodeCellKeys } from './cell-keys.ts';
import { createPool } from './pool.ts';
import { run } from './statements.ts';
import type { Lane } from './store.ts';

/** The control record of the partition count, as it stands in the control topic. */
export interface PartitionRecord {
  readonly count: number;
  /** Ingest is closed until there are so many; equal to the count: they are there, and not all have an owner yet. */
  readonly growingTo: number | null;
}

export interface LaneStanding {
  readonly lane: Lane;
  readonly partition: number;
  readonly nextOffset: number;
  readonly isOwned: boolean;
}

export interface GrowthObstacles {
  /** Metric versions that are being made of raw events. */
  readonly openVersions: number;
  /** Persons whose events are not gone yet. */
  readonly openErasures: number;
}

/** Why nothing was switched: it was rolled back. */
export type SwitchFault =
  | { readonly kind: 'moved' }
  /** A partition was never owned, or one beyond the count was. */
  | { readonly kind: 'partitions'; readonly owned: readonly number[] }
  | { readonly kind: 'busy'; readonly obstacles: GrowthObstacles };

export interface GrowthStore {
  /** Null: nobody recorded a count. */
  readRecord(): Promise<PartitionRecord | null>;
  /** False: the record holds something else than `from` by now. */
  changeRecord(from: PartitionRecord, to: PartitionRecord): Promise<boolean>;
  readObstacles(): Promise<GrowthObstacles>;
  readLanes(): Promise<readonly LaneStanding[]>;
  /** From `{ count: from, growingTo: to }` to `{ count: to, growingTo: to }`. Null: it is done. */
  switchTo(growth: { readonly from: number; readonly to: number }): Promise<SwitchFault | null>;
  close(): Promise<void>;
}

/** The owner of what nobody owns; no owner ever draws it. */
const NOBODY: Buffer = Buffer.alloc(16);
/** The switch copies the window, which takes as long as it takes. */
const SWITCH_MAX_MS = 12 * 3_600_000;
const RECORD = z.object({ count: z.number().int().min(1), growing_to: z.number().int().optional() });

/** With the rights of the login: an operator's work. */
export function createGrowthStore({ databaseUrl }: { readonly databaseUrl: string }): GrowthStore {
  const pool = createPool({
    ...{ databaseUrl, applicationName: 'tidegate-growth', connectionsMax: 2, statementTimeoutMs: SWITCH_MAX_MS, isDurable: true },
  });
  return {
    async readRecord() {
      const [row] = await run<{ value: unknown }>(pool, 'read-partition-record', []);
      if (row === undefined) return null;
      const { count, growing_to: growingTo = null } = RECORD.parse(row.value);
      return { count, growingTo };
    },
    changeRecord: (from, to) => changeRecord(pool, from, to),
    readObstacles: () => readObstacles(pool),
    async readLanes() {
      const rows = await run<{ lane: Lane; partition: number; next_offset: number; is_owned: boolean }>(pool, 'read-counted-lanes', [
        NOBODY,
      ]);
      return rows.map(({ next_offset: nextOffset, is_owned: isOwned, ...row }) => ({ ...row, nextOffset, isOwned }));
    },
    switchTo: (growth) => inTransaction(pool, (client) => switchIn(client, growth), { keeps: (fault) => fault === null }),
    close: () => pool.end(),
  };
}

function toJson({ count, growingTo }: PartitionRecord): string {
  return JSON.stringify({ count, ...(growingTo === null ? {} : { growing_to: growingTo }) });
}

async function changeRecord(on: pg.Pool | pg.ClientBase, from: PartitionRecord, to: PartitionRecord): Promise<boolean> {
  return (await run(on, 'change-partition-record', [toJson(from), toJson(to)])).length === 1;
}

async function readObstacles(on: pg.Pool | pg.ClientBase): Promise<GrowthObstacles> {
  const [row] = await run<{ open_versions: number; open_erasures: number }>(on, 'read-growth-obstacles', []);
  return { openVersions: row?.open_versions ?? 0, openErasures: row?.open_erasures ?? 0 };
}

/**
 * The switch, one transaction. The record first: of two runs that got here one goes on, and an abort and a switch cannot both be.
 * Every owner is fenced before anything is copied, so what is copied is what was committed, and nothing is added to it: an owner's
 * next claim comes after the commit, and reads the new count behind it.
 */
async function switchIn(client: pg.ClientBase, { from, to }: { readonly from: number; readonly to: number }): Promise<SwitchFault | null> {
  const fault = growthFault(from, to);
  if (fault !== null) throw new Error(fault);
  if (!(await changeRecord(client, { count: from, growingTo: to }, { count: to, growingTo: to }))) return { kind: 'moved' };
  const taken = await run<{ lane: Lane; partition: number }>(client, 'fence-all', [NOBODY]);
  const owned = taken.filter(({ lane }) => lane === 'live').map(({ partition }) => partition);
  if (owned.length !== from || owned.some((partition) => partition >= from)) return { kind: 'partitions', owned };
  const obstacles = await readObstacles(client);
  if (obstacles.openVersions > 0) return { kind: 'busy', obstacles };
  for (const name of ['grow-progress', 'grow-tasks', 'grow-generations', 'grow-blocks']) await run(client, name, [from, to]);
  await run(client, 'grow-journal', [from, to, encodeCellKeys([])]);
  await run(client, 'grow-count', [from, to]);
  return null;
}
