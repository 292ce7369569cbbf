/** Where the gateway takes requests: the public API, and where asked for a plain port that sends there. */
import type { Gate } from './gate.ts';
import type { PublicListenerDeps, PublicSettings } from './certificate.ts';
import { createPublicListener } from './certificate.ts';
import type { RedirectSettings } from './redirect.ts';
import { createRedirectListener } from './redirect.ts';
import type { Metrics } from '@tidegate/telemetry';

export interface ListenersSettings extends PublicSettings, RedirectSettings {
  readonly apiHost: string;
  readonly apiPort: number;
  /** Null: there is no such port. */
  readonly redirectPort: number | null;
}

export interface ListenersDeps extends PublicListenerDeps {
  readonly metrics: Pick<Metrics, 'gauge' | 'counter'>;
}

export interface ListeningPorts {
  /** Of the public API. */
  readonly port: number;
  readonly redirectPort: number | null;
}

export interface Listeners {
  /** Resolves once all of them take connections. */
  listen(): Promise<ListeningPorts>;
  /** As of each `HttpListener`. */
  drain(): void;
  close(): Promise<void>;
}

/** @throws ConfigError where the certificate is of no use */
export function createListeners(gate: Gate, settings: ListenersSettings, deps: ListenersDeps): Listeners {
  const { apiHost: host, apiPort, redirectPort } = settings;
  const api = createPublicListener(gate, settings, deps);
  const redirect = redirectPort === null ? null : createRedirectListener(settings, deps.metrics);
  return {
    // The API first: who is sent there finds it.
    listen: async () => ({
      port: await api.listen({ host, port: apiPort }),
      redirectPort: redirectPort === null || redirect === null ? null : await redirect.listen({ host, port: redirectPort }),
    }),
    drain: () => {
      redirect?.drain();
      api.drain();
    },
    close: async () => {
      await Promise.all([redirect?.close(), api.close()]);
    },
  };
}
