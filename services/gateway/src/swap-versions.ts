import type { ControlStore } from '@tidegate/postgres';
import { pause } from '@tidegate/runtime';
import type { Logger } from '@tidegate/telemetry';
import type { ControlView } from './control.ts';

export interface SwapOptions {
  readonly control: Pick<ControlView, 'making'>;
  readonly store: Pick<ControlStore, 'swapMade'>;
  /** Tells the publisher that there is something to publish. */
  readonly wake: () => void;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

const LOOK_EVERY_MS = 1_000;

/**
 * While packs have metric versions that are being made: looks each second whether every partition has made them, and lets
 * questions be answered from those. Any gateway may do it, and two at once: the record is written under the tenant's lock, by
 * what Postgres says then.
 */
export async function swapVersions({ control, store, wake, log, signal }: SwapOptions): Promise<void> {
  while (!signal.aborted) {
    for (const { tenant, pack } of control.making()) {
      try {
        const swapped = await store.swapMade(tenant, pack);
        if (swapped.length === 0) continue;
        log.info('metric_versions_swapped', { detail: { pack, metrics: swapped.length } });
        wake();
      } catch (error) {
        log.warn('metric_versions_not_swapped', { error });
      }
    }
    await pause(LOOK_EVERY_MS, signal).catch(() => undefined);
  }
}
