import type { Tracing } from '@tidegate/telemetry';
import { CAUSES_MAX } from './causes.ts';
import type { FrozenBatch } from './frozen-batch.ts';
import { eventsOf } from './open-batch.ts';

/** The trace of one flush: its commit, then its announcement, then its end. */
export interface FlushSpan {
  commit(action: () => Promise<readonly FrozenBatch[]>): Promise<readonly FrozenBatch[]>;
  announce(action: () => Promise<void>): Promise<void>;
  end(): void;
}

export type BeginFlushSpan = (frozen: readonly FrozenBatch[]) => FlushSpan;

const NO_SPAN: FlushSpan = { commit: async (action) => action(), announce: async (action) => action(), end: () => undefined };

/** A flush carries on the work of many requests, so it is a trace of its own with links to theirs. */
export function createBeginFlushSpan(tracing: Tracing): BeginFlushSpan {
  return function beginFlushSpan(frozen) {
    if (!tracing.isExporting || frozen.length === 0) return NO_SPAN;
    const span = tracing.startSpan('flush', {
      kind: 'consumer',
      links: frozen.flatMap(({ batch }) => batch.causes).slice(0, CAUSES_MAX),
      attributes: { partitions: frozen.length, events: frozen.reduce((sum, { batch }) => sum + eventsOf(batch), 0) },
    });
    return {
      commit: async (action) =>
        tracing.inSpan('commit', { kind: 'client', parent: span.traceparent }, async (child) => {
          const committed = await action();
          child.setAttribute('partitions', committed.length);
          if (committed.length < frozen.length) child.fail('not_committed');
          return committed;
        }),
      announce: async (action) => tracing.inSpan('announce', { kind: 'producer', parent: span.traceparent }, action),
      end: () => span.end(),
    };
  };
}
