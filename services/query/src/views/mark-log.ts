/** Takes the marks of what an answer is made of, each before it is read. */
import type { EntityName, ReadLog, WhichRows } from '../read-log.ts';
import type { ChangedNames } from '../changed-names.ts';

export interface MarkLogDeps {
  readonly names: Pick<ChangedNames, 'ofMetric' | 'ofEntity' | 'ofLookup' | 'ofTold' | 'endingOf'>;
  readonly take: TakeMarks;
}

/** Never rejects; null: a mark could not be had. New ones end as asked. */
export type TakeMarks = (names: readonly string[], ending: string | undefined) => Promise<readonly (string | null)[]>;

export interface Mark {
  readonly mark: string;
  /** How old the answer may become once the mark has fallen. */
  readonly mayAgeMs: number;
}

export interface MarkLog extends ReadLog {
  /** Marks by which the answer can be dropped by hand. */
  also(names: readonly string[]): Promise<void>;
  /** By name, once the answer is made; `lost`: a mark could not be had; null: nothing tells when the answer changes. */
  marks(): Promise<ReadonlyMap<string, Mark> | 'lost' | null>;
}

interface Taken {
  readonly mark: Promise<string | null>;
  readonly mayAgeMs: number;
}

export function createMarkLog({ names, take: takeMarks }: MarkLogDeps): MarkLog {
  const take = gatherTakes(takeMarks);
  const taken = new Map<string, Taken>();
  let isTold = true;

  /** What is read twice may age as long as both readings let it. */
  async function takeOnce(name: string, mayAgeMs: number, ending?: string): Promise<string | null> {
    const known = taken.get(name);
    const mark = known?.mark ?? take(name, ending);
    taken.set(name, { mark, mayAgeMs: Math.min(mayAgeMs, known?.mayAgeMs ?? mayAgeMs) });
    return mark;
  }

  /** Where somebody who knows the entity otherwise may change its rows, changes of any row count. */
  async function takeRows(of: EntityName, { value, ...which }: WhichRows, mayAgeMs: number): Promise<void> {
    const ending = names.endingOf(of.lookups);
    const isTold = value !== null && which.id === null && (await takeOnce(names.ofTold(of), mayAgeMs, ending))?.endsWith(ending) === true;
    await takeOnce(isTold ? names.ofLookup(of, value) : names.ofEntity(of, which), mayAgeMs);
  }

  function logOf(mayAgeMs: number): ReadLog {
    return {
      metric: async (metric, person) => void (await takeOnce(names.ofMetric(metric, person), mayAgeMs)),
      entity: async (of, which) => takeRows(of, which, mayAgeMs),
      untold() {
        isTold = false;
      },
      mayAge: (ms) => logOf(ms),
    };
  }

  return {
    ...logOf(0),
    also: async (others) => void (await Promise.all(others.map(async (name) => takeOnce(name, 0)))),
    async marks() {
      if (!isTold) return null;
      const marks = new Map<string, Mark>();
      for (const [name, { mark, mayAgeMs }] of taken) {
        const text = await mark;
        if (text === null) return 'lost';
        marks.set(name, { mark: text, mayAgeMs });
      }
      return marks;
    },
  };
}

/**
 * Names that are taken in one turn of the event loop in one call: a view's questions begin together, and each mark by itself was a fifth
 * of what a view asked of Redis.
 */
function gatherTakes(take: TakeMarks): (name: string, ending?: string) => Promise<string | null> {
  const gathering = new Map<string | undefined, { readonly names: string[]; readonly marks: ReturnType<TakeMarks> }>();
  const begin = (ending: string | undefined) => {
    const names: string[] = [];
    const marks = new Promise<void>((resolve) => setImmediate(resolve)).then(async () => {
      gathering.delete(ending);
      return take(names, ending);
    });
    const group = { names, marks };
    gathering.set(ending, group);
    return group;
  };
  return async (name, ending) => {
    const { names, marks } = gathering.get(ending) ?? begin(ending);
    const at = names.push(name) - 1;
    return (await marks)[at] ?? null;
  };
}
