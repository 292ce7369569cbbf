import type { Buckets } from '../time/buckets.ts';
import type { CellRange } from './shape.ts';

/** Index of the bucket that holds a cell, -1 outside of the range; without buckets everything in the range is at 0. */
export function createLocator({ fromS, toS }: Pick<CellRange, 'fromS' | 'toS'>, buckets: Buckets | null): (bucketS: number) => number {
  if (buckets === null) return (bucketS) => (bucketS >= fromS && bucketS < toS ? 0 : -1);
  const edges = edgesOf(buckets);
  let at = 0;
  return (bucketS) => {
    // Cells come mostly in the order of time, so the last bucket is tried before searching.
    if (!holds(edges, at, bucketS)) at = search(edges, bucketS);
    return holds(edges, at, bucketS) ? at : -1;
  };
}

/** In seconds; of buckets that many answers share, once. */
function edgesOf(buckets: Buckets): Float64Array {
  const known = lastEdges.get(buckets);
  if (known !== undefined) return known;
  const edges = Float64Array.from(buckets.edgesMs, (edge) => edge / 1_000);
  lastEdges.set(buckets, edges);
  return edges;
}

const lastEdges = new WeakMap<Buckets, Float64Array>();

function holds(edges: Float64Array, at: number, bucketS: number): boolean {
  return bucketS >= (edges[at] ?? Infinity) && bucketS < (edges[at + 1] ?? -Infinity);
}

/** The last bucket that does not begin after the cell, or the first one. */
function search(edges: Float64Array, bucketS: number): number {
  let low = 0;
  let high = Math.max(0, edges.length - 2);
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (bucketS >= (edges[middle] ?? 0)) low = middle;
    else high = middle - 1;
  }
  return low;
}
