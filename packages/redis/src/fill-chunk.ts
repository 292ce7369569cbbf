/** A loader's chunk gets what was read for it, in as many parts as it takes; `lua/chunk-fill` and `lua/chunk-split` hold the protocol. */
import { encodeChunkBase } from '@tidegate/core';
import type { ChunkBase } from '@tidegate/core';
import type { CellLimits, FillOutcome } from './cell-store.ts';
import { partsFor, splitBase } from './cell-store.ts';
import { partKeys } from './chunk-key.ts';
import type { Script } from './script-runner.ts';

export interface FillDeps {
  readonly limits: CellLimits;
  readonly scripts: { readonly fill: Script; readonly split: Script };
}

export interface Loading {
  readonly key: string;
  readonly token: string;
}

export async function fillChunk(cells: FillDeps, loading: Loading, base: ChunkBase): Promise<FillOutcome> {
  const needed = partsFor(base, cells.limits);
  const done = needed === 1 ? await fillOne(cells, loading, { base }) : await split(cells, loading, needed);
  if (done === 'split') return { kind: 'split' };
  return typeof done === 'number' ? fillParts(cells, loading, splitBase(base, done)) : outcomeOfFills(loading.token, [done]);
}

/** A number: it is in so many parts already. */
async function split(cells: FillDeps, { key, token }: Loading, parts: number): Promise<'split' | 'lost' | number> {
  const done = Number(await cells.scripts.split.run([key, ...partKeys(key, parts)], [token, cells.limits.ttlMs]));
  if (done < 0) return -done;
  return done === 1 ? 'split' : 'lost';
}

const LOST = { kind: 'lost' } as const;

type Filled = 'here' | 'elsewhere' | 'lost';

/** The chunk itself is marked last: a reader that sees it filled finds every part filled. */
async function fillParts(cells: FillDeps, { key, token }: Loading, bases: readonly ChunkBase[]): Promise<FillOutcome> {
  const keys = partKeys(key, bases.length);
  const filled: Filled[] = [];
  for (const [at, base] of bases.entries()) filled.push(surelyFilled(await fillOne(cells, { key: keys[at] ?? key, token }, { base })));
  if (filled.includes('lost')) return LOST;
  const whole = await fillOne(cells, { key, token }, { base: { series: [], packed: [] }, arePartsFilled: true });
  return whole === 'lost' ? LOST : outcomeOfFills(token, filled);
}

/** A part has no parts. */
function surelyFilled(filled: Filled | number): Filled {
  return typeof filled === 'number' ? 'lost' : filled;
}

/** Before anything was announced to a part its counter is 0. */
function outcomeOfFills(token: string, parts: readonly Filled[]): FillOutcome {
  if (parts.includes('lost')) return LOST;
  return { kind: 'filled', version: parts.includes('elsewhere') ? null : { token, counters: parts.map(() => 0) } };
}

interface Filling {
  readonly base: ChunkBase;
  readonly arePartsFilled?: boolean;
}

/** A number: the chunk is in so many parts. */
async function fillOne(cells: FillDeps, { key, token }: Loading, { base, arePartsFilled }: Filling): Promise<Filled | number> {
  const last = arePartsFilled === true ? ['parts_filled'] : [];
  const filled = Number(await cells.scripts.fill.run([key], [token, cells.limits.ttlMs, encodeChunkBase(base), ...last]));
  if (filled < 0) return -filled;
  if (filled === 1) return 'here';
  return filled === 2 ? 'elsewhere' : 'lost';
}
