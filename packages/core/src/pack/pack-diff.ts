/** What a new source of a pack changes, and what becomes of the versions of its metrics. For people: nothing is decided by it. */
import { answeredVersion } from './metric-versions.ts';
import type { PackRecord } from './parse.ts';

/** `back`: a version from before, that is folded still, is answered from again. */
export type MetricChange = 'same' | 'new' | 'changed' | 'back' | 'removed';
export type PartChange = 'new' | 'changed' | 'removed';

export interface MetricDiff {
  readonly metric: string;
  readonly change: MetricChange;
  /** Versions that questions are answered from, before and after; null: none. */
  readonly from: number | null;
  readonly to: number | null;
  /** The version is made of raw events first; questions are answered from the one before until then. */
  readonly making: boolean;
  /** Members of its definition that differ, as `measures.size`. */
  readonly parts: readonly string[];
}

export interface EventTypeDiff {
  readonly type: string;
  readonly change: PartChange;
  /** Members that differ, as `fields.price`. */
  readonly parts: readonly string[];
}

export interface PackDiff {
  readonly metrics: readonly MetricDiff[];
  /** Of event types only those that differ. */
  readonly events: readonly EventTypeDiff[];
}

export function diffPacks(previous: PackRecord | null, next: PackRecord): PackDiff {
  const names = new Set([...Object.keys(previous?.source.metrics ?? {}), ...Object.keys(next.source.metrics)]);
  const types = new Set([...Object.keys(previous?.source.events ?? {}), ...Object.keys(next.source.events)]);
  return {
    metrics: [...names].toSorted().map((name) => diffMetric(name, previous, next)),
    events: [...types].toSorted().flatMap((type) => {
      const before = previous?.source.events[type];
      const after = next.source.events[type];
      const parts = partsThatDiffer(before, after);
      if (parts.length === 0) return [];
      return [
        {
          type,
          change: before === undefined ? ('new' as const) : after === undefined ? ('removed' as const) : ('changed' as const),
          parts,
        },
      ];
    }),
  };
}

function diffMetric(metric: string, previous: PackRecord | null, next: PackRecord): MetricDiff {
  const before = previous?.source.metrics[metric];
  const after = next.source.metrics[metric];
  const from = previous === null || before === undefined ? null : answeredVersion(previous, metric);
  const making = next.making.includes(metric);
  const to = after === undefined ? null : (next.metrics[metric] ?? null);
  const parts = partsThatDiffer(before, after);
  return { metric, change: changeOf(metric, previous, next), from, to, making, parts };
}

function changeOf(metric: string, previous: PackRecord | null, next: PackRecord): MetricChange {
  if (next.source.metrics[metric] === undefined) return 'removed';
  if (previous?.source.metrics[metric] === undefined) return 'new';
  const from = previous.metrics[metric] ?? 0;
  const to = next.metrics[metric] ?? 0;
  if (to === from) return 'same';
  return to < from || (!next.making.includes(metric) && previous.earlier.some(({ metrics }) => metrics[metric] === to))
    ? 'back'
    : 'changed';
}

/** Two levels deep: `dimensions`, `measures.size`. */
function partsThatDiffer(before: object | undefined, after: object | undefined): readonly string[] {
  const was: Readonly<Record<string, unknown>> = { ...before };
  const is: Readonly<Record<string, unknown>> = { ...after };
  const names = [...new Set([...Object.keys(was), ...Object.keys(is)])].toSorted();
  return names.flatMap((name) => {
    if (JSON.stringify(was[name]) === JSON.stringify(is[name])) return [];
    const [a, b] = [membersOf(was[name]), membersOf(is[name])];
    if (a === null || b === null) return [name];
    const members = [...new Set([...Object.keys(a), ...Object.keys(b)])].toSorted();
    return members.flatMap((member) => (JSON.stringify(a[member]) === JSON.stringify(b[member]) ? [] : [`${name}.${member}`]));
  });
}

/** Null where it is no object with members of its own. */
function membersOf(value: unknown): Readonly<Record<string, unknown>> | null {
  if (value === undefined) return {};
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null;
}
