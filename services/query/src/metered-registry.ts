import type { Logger, Metrics } from '@tidegate/telemetry';
import { createRegistry } from './registry.ts';
import type { Registry } from './registry.ts';

/** The packs in force, and what metrics say of them. */
export function createMeteredRegistry(metrics: Metrics, log: Logger): Registry {
  const registry = createRegistry(() => log.error('control_record_unreadable'), log.mark);
  metrics.onScrape(() => registry.hitAims().forEach((share, of) => metrics.gauge('cache_hit_aim', { class: of }).set(share)));
  metrics.onScrape(() => metrics.gauge('control_known_through_seconds').set(registry.knownThroughMs() / 1_000));
  return registry;
}
