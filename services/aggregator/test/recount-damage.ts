import { createState, encodeState, fromRecountJson, GRAINS } from '@tidegate/core';
import type { RecountTask } from '@tidegate/core';
import { cellKeyText } from '@tidegate/postgres';
import type { StoredCell } from '@tidegate/postgres';
import fc from 'fast-check';
import { MEASURES } from './ledger.ts';
import { PARTITIONS, until } from './world.ts';
import type { World } from './world.ts';

/** `pick` chooses the cell, or its place, out of what there is. */
export interface Damage {
  readonly kind: 'differs' | 'missing' | 'stray' | 'unreadable';
  readonly pick: number;
}

export const damages: fc.Arbitrary<Damage> = fc.record({
  kind: fc.constantFrom('differs', 'missing', 'stray', 'unreadable'),
  pick: fc.nat({ max: 10_000 }),
});

/** A state that no event made: 77 events and nothing of their prices. */
function wrongState(): Uint8Array {
  const state = createState(MEASURES);
  for (const measure of state) if (measure.kind === 'count') measure.n = 77;
  return encodeState(state);
}

interface PlantIn {
  readonly spoiled: Set<string>;
  readonly closedS: number;
  /** Default: every cell. */
  readonly isMeant?: (cell: StoredCell & { readonly partition: number }) => boolean;
}

/** Spoils a cell whose bucket is closed, behind the back of its owner. Returns what a recount has to say of it; null: nothing was left. */
export function plant(world: World, { kind, pick }: Damage, to: PlantIn): string | null {
  const { spoiled, closedS, isMeant = () => true } = to;
  const { cells } = world.database;
  const endS = ({ grain, bucketS }: StoredCell): number =>
    bucketS + (Object.values(GRAINS).find(({ code }) => code === grain)?.seconds ?? 0);
  const closed = [...cells].filter(([key, cell]) => endS(cell) <= closedS && !spoiled.has(key) && isMeant(cell));
  const [key, cell] = closed[pick % Math.max(1, closed.length)] ?? [];
  if (key === undefined || cell === undefined) return null;
  if (kind === 'stray') return plantStray(world, cell, to);
  spoiled.add(key);
  if (kind === 'missing') cells.delete(key);
  else cells.set(key, { ...cell, state: kind === 'differs' ? wrongState() : Uint8Array.of(1, 255) });
  return `${kind} ${key}`;
}

function plantStray(world: World, like: StoredCell & { readonly partition: number }, to: PlantIn): string | null {
  const { code, seconds } = GRAINS.quarter_hour;
  for (let bucketS = to.closedS - seconds; bucketS > to.closedS - 10 * 86_400; bucketS -= seconds) {
    const stray = { ...like, grain: code, bucketS, state: wrongState() };
    const key = `${like.partition}/${cellKeyText(stray)}`;
    if (world.database.cells.has(key) || to.spoiled.has(key)) continue;
    to.spoiled.add(key);
    world.database.cells.set(key, stray);
    return `stray ${key}`;
  }
  return null;
}

export function foundIn(world: World): string[] {
  return world.database.drifts.map((drift) => `${drift.kind} ${drift.partition}/${cellKeyText(drift)}`).toSorted();
}

export function recountsOf(world: World): readonly RecountTask[] {
  return [...world.database.tasks.values()].filter(({ kind }) => kind === 'recount').flatMap((row) => fromRecountJson(row) ?? []);
}

/** Asks for a recount, of all metrics where there is but one, and waits until every partition has done it. */
export async function recountAll(world: World, metric: string | null = null, partitions = PARTITIONS): Promise<readonly RecountTask[]> {
  const requestNo = world.database.recountRequests.length + 1;
  world.database.recountRequests.push({ tenant: 'acme', metric, requestNo });
  const isOfMetric = ({ version }: RecountTask): boolean => metric === null || version.metric === metric;
  const done = (): readonly RecountTask[] =>
    recountsOf(world).filter((task) => isOfMetric(task) && (task.last?.requestNo ?? 0) >= requestNo);
  await until('every partition is recounted', () => done().length === partitions, 30_000);
  return done();
}
