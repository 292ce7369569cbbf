/** Which grain answers which part of a range. */
import { GRAINS } from '../rollup/grain.ts';
import type { CellFloors, GrainCode, StoredGrain } from '../rollup/grain.ts';
import { isCoarseGrain } from '../rollup/sealed.ts';
import type { SealedThrough } from '../rollup/sealed.ts';
import type { Buckets } from '../time/buckets.ts';
import type { Plan } from './plan.ts';
import type { AskedMeasure } from './shape.ts';

/** Cells of one grain whose bucket begins in the half-open range, which lies on the grid of the grain; epoch seconds. */
export interface RangePiece {
  readonly grain: GrainCode;
  readonly fromS: number;
  readonly toS: number;
}

export interface PiecesAsk {
  /** Edges of the asked buckets, ascending: the first and the last are those of the range. On the grid of the finest grain. */
  readonly edgesS: readonly number[];
  /** Grains that the metric keeps, finest first. */
  readonly grains: readonly StoredGrain[];
  /** What is sealed on every partition. */
  readonly sealed: SealedThrough;
  /** What of the metric is dropped. */
  readonly floors?: CellFloors;
}

/** Beyond it one reading of the finest cells costs less than so many small ones. */
const PIECES_MAX = 2_000;

/**
 * Cuts the range into pieces that tile it, in order: the coarsest cells where they are sealed, kept and lie whole between two
 * edges, finer ones at both ends of that, the finest one everywhere else. What only cells that are dropped could answer is
 * in no piece (`missingUntilS`).
 */
export function planPieces({ edgesS, grains, sealed, floors = {} }: PiecesAsk): readonly RangePiece[] {
  const pieces: { grain: GrainCode; fromS: number; toS: number }[] = [];

  function put(grain: StoredGrain, fromS: number, toS: number): void {
    if (fromS >= toS) return;
    const { code } = GRAINS[grain];
    const last = pieces.at(-1);
    if (last?.grain === code && last.toS === fromS) last.toS = toS;
    else pieces.push({ grain: code, fromS, toS });
  }

  /** With the grains up to and including `at`. */
  function cover(fromS: number, toS: number, at: number): void {
    const grain = grains[at];
    if (fromS >= toS || grain === undefined) return;
    const keptS = Math.max(fromS, floors[grain] ?? fromS);
    if (at === 0 || !isCoarseGrain(grain)) return put(grain, keptS, toS);
    const { seconds } = GRAINS[grain];
    const startS = Math.ceil(keptS / seconds) * seconds;
    const endS = Math.floor(Math.min(toS, sealed[grain]) / seconds) * seconds;
    if (startS >= endS) return cover(fromS, toS, at - 1);
    cover(fromS, startS, at - 1);
    put(grain, startS, endS);
    cover(endS, toS, at - 1);
  }

  for (let i = 0; i + 1 < edgesS.length; i += 1) cover(edgesS[i] ?? 0, edgesS[i + 1] ?? 0, grains.length - 1);
  if (pieces.length <= PIECES_MAX) return pieces;
  // Minutes are kept for days: what is older is in quarter hours, which lie whole between edges on their grid.
  const isOnQuarters = edgesS.every((edge) => edge % GRAINS.quarter_hour.seconds === 0);
  const finest = grains[0] === 'minute' && isOnQuarters ? 2 : 1;
  return planPieces({ edgesS: [edgesS[0] ?? 0, edgesS.at(-1) ?? 0], grains: grains.slice(0, finest), sealed, floors });
}

/** End of the last stretch of the range that no piece covers; null where the pieces tile it. */
export function missingUntilS(
  pieces: readonly RangePiece[],
  { fromS, toS }: { readonly fromS: number; readonly toS: number },
): number | null {
  let coveredS = fromS;
  let untilS: number | null = null;
  for (const piece of pieces) {
    if (piece.fromS > coveredS) untilS = piece.fromS;
    coveredS = piece.toS;
  }
  return coveredS < toS ? toS : untilS;
}

/**
 * The pieces of a plan. What may differ with the way in which cells are merged is made of quarter hours alone, with minutes
 * where these are not sealed yet: the answer must not show which hours and days happened to be sealed when it was asked for.
 */
export function piecesOfPlan(
  plan: Pick<Plan, 'range' | 'buckets' | 'metric' | 'measures' | 'floors'>,
  sealed: SealedThrough,
): readonly RangePiece[] {
  const { range, buckets, metric, measures, floors } = plan;
  const grains = measures.some(isGroupingSeen) ? metric.grains.slice(0, metric.grains.indexOf('quarter_hour') + 1) : metric.grains;
  if (buckets === null) return planPieces({ edgesS: [range.fromS, range.toS], grains, sealed, floors });
  const name = [grains, Object.entries(sealed), Object.entries(floors)].join(' ');
  const known = lastPieces.get(buckets);
  if (known?.name === name) return known.pieces;
  const pieces = planPieces({ edgesS: buckets.edgesMs.map((edge) => edge / 1_000), grains, sealed, floors });
  lastPieces.set(buckets, { name, pieces });
  return pieces;
}

/** Of buckets that are asked for again and again, by what else decides. */
const lastPieces = new WeakMap<Buckets, { readonly name: string; readonly pieces: readonly RangePiece[] }>();

/** Sums of doubles differ in their last place with the order of merging, the counts of a full top-k with what is merged first. */
function isGroupingSeen({ measure: { kind, numbers } }: AskedMeasure): boolean {
  if (kind === 'top_k') return true;
  return numbers === 'double' && (kind === 'sum' || kind === 'avg' || kind === 'variance');
}
