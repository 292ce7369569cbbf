import type { Caller } from '@tidegate/http';
import type { LimitBook } from './limits/book.ts';
import type { RouteName } from './limits/gate-limits.ts';

/** Whether a route is part of a feature that the installation does without. */
export type IsOff = (route: RouteName, caller: Caller) => boolean;

export interface Features {
  readonly enableAnalytics: boolean;
  /** Says which routes are of a class; a pack that has a class of its own for a route takes it out of the feature. */
  readonly book: Pick<LimitBook, 'limitsOf'>;
}

/** The analytics routes are those of the limit class `analytics`, whichever pack declares them. */
export function createIsOff({ enableAnalytics, book }: Features): IsOff {
  if (enableAnalytics) return () => false;
  return ({ method, path }, { tenant, keyId }) => book.limitsOf(tenant, keyId).classOf(method, path).name === 'analytics';
}
