/** How much an evaluation may still do. Expressions have no loops but over lists, so what is counted is what lists hold. */
export interface Work {
  left: number;
}

/** Steps of one answer: about 50 ms of one core where every step does something. */
export const WORK_MAX = 200_000;

export class WorkSpent extends Error {}

/** What is evaluated now is charged to it: evaluation never waits, so there is one at a time. */
let current: Work = { left: 0 };

export function evaluateWith<T>(work: Work, evaluate: () => T): T {
  const before = current;
  current = work;
  try {
    return evaluate();
  } finally {
    current = before;
  }
}

/** @throws WorkSpent */
export function spend(steps: number): void {
  current.left -= steps;
  if (current.left < 0) throw new WorkSpent('the expression does more than one answer may cost');
}

/** Charged before anything walks the value or copies it; hands it on. */
export function counted(value: unknown): unknown {
  if (typeof value === 'string') spend(1 + value.length / 64);
  else if (Array.isArray(value)) spend(1 + value.length);
  else if (value instanceof Map) spend(1 + value.size);
  else if (typeof value === 'object' && value !== null) spend(1 + Object.keys(value).length);
  return value;
}
