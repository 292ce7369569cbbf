/** Takes the marks of what an answer is made of, each before it is read. */
import type { ReadLog } from '../read-log.ts';
import type { ChangedNames } from '../changed-names.ts';

export interface MarkLogDeps {
  readonly names: Pick<ChangedNames, 'ofMetric' | 'ofEntity'>;
  /** Never rejects; null: the mark could not be had. */
  readonly take: (name: string) => Promise<string | null>;
}

export interface MarkLog extends ReadLog {
  /** Marks by which the answer can be dropped by hand. */
  also(names: readonly string[]): Promise<void>;
  /** Once the answer is made; `lost`: a mark could not be had; null: nothing tells when the answer changes. */
  marks(): Promise<ReadonlyMap<string, string> | 'lost' | null>;
}

export function createMarkLog({ names, take }: MarkLogDeps): MarkLog {
  const taken = new Map<string, Promise<string | null>>();
  let isTold = true;
  const takeOnce = async (name: string): Promise<void> => {
    const mark = taken.get(name) ?? take(name);
    taken.set(name, mark);
    await mark;
  };
  return {
    metric: async (metric, person) => takeOnce(names.ofMetric(metric, person)),
    entity: async (of, which) => takeOnce(names.ofEntity(of, which)),
    also: async (others) => void (await Promise.all(others.map(takeOnce))),
    untold() {
      isTold = false;
    },
    async marks() {
      if (!isTold) return null;
      const marks = new Map<string, string>();
      for (const [name, mark] of taken) {
        const text = await mark;
        if (text === null) return 'lost';
        marks.set(name, text);
      }
      return marks;
    },
  };
}
