/** How one watcher is told: Server-Sent Events or messages of a WebSocket. */
import type { Sealer } from '@tidegate/runtime';
import { sealVector } from './commit-vector.ts';
import type { LiveTold } from './live-topic.ts';

export type LiveEnd = 'slow_reader' | 'renew' | 'draining' | 'over';

export interface LiveChannel {
  /** The reader has not taken what was said: nothing more is to be said now. */
  readonly isFull: boolean;
  onTaken(callback: () => void): void;
  /** Each says whether it was taken at once. */
  tell(told: WrittenTold): boolean;
  ping(): boolean;
  end(reason: LiveEnd): void;
}

export interface WrittenTold {
  readonly kind: LiveTold['message']['kind'];
  readonly id: string;
  /** An object. */
  readonly json: string;
}

/** By message: a thousand watchers of a topic are told the same. */
const written = new WeakMap<LiveTold, WrittenTold>();

export function writtenOf(sealer: Sealer, told: LiveTold): WrittenTold {
  const known = written.get(told);
  if (known !== undefined) return known;
  const { kind, ...data } = told.message;
  const made = { kind, id: sealVector(sealer, told.vector), json: JSON.stringify(data) };
  written.set(told, made);
  return made;
}
