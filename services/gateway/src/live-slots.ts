import type { ServerResponse } from 'node:http';
import type { Caller } from '@tidegate/http';
import type { Metrics } from '@tidegate/telemetry';

/** How many answers that stay open somebody may have at one gateway. */
export interface LiveBounds {
  readonly perKeyMax: number;
  readonly perTenantMax: number;
}

export type LiveSlot = { readonly ok: true } | { readonly ok: false; readonly scope: 'api_key' | 'tenant'; readonly limit: number };

export interface LiveSlots {
  /** Whether one more may be open; it counts until it is closed. */
  enter(caller: Caller, response: ServerResponse): LiveSlot;
  /** Ends all: their readers come again, elsewhere. */
  end(): void;
}

/**
 * Counts of answers that go on for as long as their readers stay, of this process: a connection ends with its gateway, so nothing
 * needs to be told or given back elsewhere. Each person who comes with tokens of one issuer counts for themselves.
 */
export function createLiveSlots({ perKeyMax, perTenantMax }: LiveBounds, metrics: Metrics): LiveSlots {
  const counts = new Map<string, number>();
  const open = new Set<ServerResponse>();
  const gauge = metrics.gauge('live_connections');
  gauge.set(0);

  function add(name: string, by: 1 | -1): void {
    const count = (counts.get(name) ?? 0) + by;
    if (count > 0) counts.set(name, count);
    else counts.delete(name);
  }

  return {
    enter({ tenant, keyId, subject = '' }, response) {
      const names = [tenant, `${tenant}|${keyId}|${subject}`] as const;
      const [ofTenant = 0, ofKey = 0] = names.map((name) => counts.get(name) ?? 0);
      if (ofKey >= perKeyMax) return { ok: false, scope: 'api_key', limit: perKeyMax };
      if (ofTenant >= perTenantMax) return { ok: false, scope: 'tenant', limit: perTenantMax };
      for (const name of names) add(name, 1);
      open.add(response);
      gauge.inc();
      response.once('close', () => {
        for (const name of names) add(name, -1);
        open.delete(response);
        gauge.dec();
      });
      return { ok: true };
    },
    end() {
      for (const response of open) response.destroy();
    },
  };
}
