import type { Caller } from '@tidegate/http';
import type { LimitBook } from './limits/book.ts';
import type { AskedRoute } from './routing.ts';

/** Whether a route is part of a feature that the installation does without. */
export type IsOff = (route: Pick<AskedRoute, 'method' | 'path' | 'isLive'>, caller: Caller) => boolean;

export interface Features {
  readonly enableAnalytics: boolean;
  readonly enableLive: boolean;
  /** Says which routes are of a class; a pack that has a class of its own for a route takes it out of the feature. */
  readonly book: Pick<LimitBook, 'limitsOf'>;
}

/** The analytics routes are those of the limit class `analytics`, whichever pack declares them; live ones are those that stay open. */
export function createIsOff({ enableAnalytics, enableLive, book }: Features): IsOff {
  if (enableAnalytics && enableLive) return () => false;
  return ({ method, path, isLive = false }, { tenant, keyId }) => {
    if (isLive && !enableLive) return true;
    return !enableAnalytics && book.limitsOf(tenant, keyId).classOf(method, path).name === 'analytics';
  };
}
