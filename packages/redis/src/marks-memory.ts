import type { CellStore, ChangedMarks, TenantNames } from './cell-store.ts';
import { markKey } from './chunk-key.ts';

export interface MemoryMarks {
  readonly port: Pick<CellStore, 'takeMarks' | 'readMarks' | 'dropMarks'>;
  drop(all: readonly ChangedMarks[]): void;
  clear(): void;
}

/** `runOf`: which run of the server it is. */
export function createMemoryMarks(nowMs: () => number, runOf: () => number): MemoryMarks {
  const marks = new Map<string, { readonly mark: string; readonly run: number; expiresMs: number }>();
  let taken = 0;
  const keysOf = ({ tenant, names }: TenantNames): readonly string[] => names.map((name) => markKey('', tenant, name));
  const find = (key: string) => {
    const found = marks.get(key);
    return found === undefined || found.run !== runOf() || found.expiresMs <= nowMs() ? null : found;
  };
  const drop = (all: readonly ChangedMarks[]): void => {
    for (const key of all.flatMap(keysOf)) marks.delete(key);
    for (const { tenant, unless = [] } of all) {
      for (const { name, ending } of unless) {
        const key = markKey('', tenant, name);
        if (find(key)?.mark.endsWith(ending) !== true) marks.delete(key);
      }
    }
  };
  return {
    drop,
    port: {
      dropMarks: async (all) => drop(all),
      takeMarks: async (of, ttlMs, ending = '') =>
        keysOf(of).map((key) => {
          const known = find(key);
          const mark = known?.mark ?? `m${(taken += 1)}${ending}`;
          marks.set(key, { mark, run: runOf(), expiresMs: Math.max(known?.expiresMs ?? 0, nowMs() + ttlMs) });
          return mark;
        }),
      readMarks: async (of) => keysOf(of).map((key) => find(key)?.mark ?? ''),
    },
    clear: () => marks.clear(),
  };
}
