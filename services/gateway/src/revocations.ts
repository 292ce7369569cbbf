import type { ControlStore } from '@tidegate/postgres';
import type { Clock } from '@tidegate/runtime';
import { pause } from '@tidegate/runtime';
import type { Logger, Metrics } from '@tidegate/telemetry';
import type { ControlView } from './control.ts';
import type { KeyDirectory } from './keys.ts';
import type { Denied } from './tokens/denied.ts';
import type { SharedDenials } from './tokens/shared-denials.ts';

export interface RevocationOptions {
  readonly control: Pick<ControlView, 'silenceMs'>;
  readonly store: Pick<ControlStore, 'readRefusedHashes'> & { readonly accounts: Pick<ControlStore['accounts'], 'readDenials'> };
  readonly keys: KeyDirectory;
  readonly denied: Pick<Denied, 'add'>;
  /** What other gateways told of through Redis. */
  readonly shared: Pick<SharedDenials, 'read'>;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** The publisher beats each second; after two missed beats nobody may be publishing revocations any more. */
const SILENCE_MS_MAX = 2_000;
const LOOK_EVERY_MS = 1_000;

/**
 * While no publisher is heard (Kafka away, no holder of the lease) revocations, ends of rotated secrets and denied tokens are read
 * from Postgres each second, off the request path: a revoked key must not work on because the road that tells of it is closed.
 * Denied tokens are in Redis too, so either of the two is enough for them.
 */
export async function watchRevocations(options: RevocationOptions): Promise<void> {
  const { control, store, keys, denied, shared, clock, metrics, log, signal } = options;
  const degraded = metrics.gauge('degraded', { reason: 'publisher' });
  while (!signal.aborted) {
    const isSilent = control.silenceMs() > SILENCE_MS_MAX;
    degraded.set(isSilent ? 1 : 0);
    if (isSilent) {
      denied.add(await shared.read());
      try {
        for (const hash of await store.readRefusedHashes(clock.nowMs())) keys.revoke(hash);
        denied.add(await store.accounts.readDenials());
      } catch (error) {
        log.warn('revocations_unread', { error });
      }
    }
    await pause(LOOK_EVERY_MS, signal).catch(() => undefined);
  }
}
