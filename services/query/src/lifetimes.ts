/** How long an answer of a view may be kept: what its class says, unless the installation says otherwise. */
import type { CompiledView } from '@tidegate/core';
import type { ConfigValues } from '@tidegate/runtime';
import type { queryConfig } from './config.ts';
import { lifetimeFields } from './lifetime-fields.ts';

export interface Lifetime {
  /** `pack.class`. */
  readonly of: string;
  readonly ttlMs: number;
  /** At most `ttlMs`. */
  readonly maxStalenessMs: number;
}

/** Null: answers of the view are not kept. */
export type LifetimeOf = (view: Pick<CompiledView, 'pack' | 'cache'>) => Lifetime | null;

export interface LifetimesSet {
  readonly isOn: boolean;
  /** Seconds, by the variable that a class names. */
  readonly byVariable: ReadonlyMap<string, number>;
  /** Seconds, by `pack.class`. */
  readonly byClass: ReadonlyMap<string, number>;
}

export function createLifetimes({ isOn, byVariable, byClass }: LifetimesSet): LifetimeOf {
  return function lifetimeOf({ pack, cache }) {
    if (cache === null || !isOn) return null;
    const of = `${pack}.${cache.name}`;
    const seconds = byClass.get(of) ?? (cache.env === null ? undefined : byVariable.get(cache.env));
    const ttlMs = seconds === undefined ? cache.ttlMs : seconds * 1_000;
    return ttlMs === 0 ? null : { of, ttlMs, maxStalenessMs: Math.min(cache.maxStalenessMs, ttlMs) };
  };
}

type Config = Pick<ConfigValues<typeof queryConfig>, keyof typeof lifetimeFields>;

export function lifetimesOf(config: Config): LifetimesSet {
  const byVariable = new Map<string, number>();
  for (const [name, { env }] of Object.entries(lifetimeFields)) {
    const value = config[name as keyof Config];
    if (typeof value === 'number') byVariable.set(env, value);
  }
  return { isOn: config.isCacheOn, byVariable, byClass: config.ttlsByClass };
}
