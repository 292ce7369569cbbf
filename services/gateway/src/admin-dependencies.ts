import type { ControlStore } from '@tidegate/postgres';
import type { Clock } from '@tidegate/runtime';
import type { PackRoutes } from './pack-routes.ts';
import type { Metrics } from '@tidegate/telemetry';

/** What the routes of administration work with. */
export interface AdminDependencies {
  readonly store: ControlStore;
  /** Tells the publisher that there is something to publish. */
  readonly wake: () => void;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly packRoutes: Pick<PackRoutes, 'scopes' | 'named'>;
}
