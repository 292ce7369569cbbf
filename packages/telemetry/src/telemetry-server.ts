import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { Metrics } from './metrics.ts';

/** Header of every answer: the id of the process, so that whoever started one knows that it is the one that answers. */
export const PROCESS_HEADER = 'x-process-id';

export interface Health {
  /** False restarts the process: the event loop or the work itself has stopped turning. */
  isLive(): boolean;
  /** Listening and not draining. Never follows Kafka, Redis or Postgres: all replicas would leave at once. */
  isReady(): boolean;
}

export interface TelemetryServerOptions {
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  readonly metrics: Metrics;
  readonly health: Health;
  /** A collector (OTLP) that the metrics are sent to as well; absent or null: none. */
  readonly push?: { readonly endpoint: string; readonly everyMs: number } | null;
}

export interface TelemetryServer {
  readonly port: number;
  close(): Promise<void>;
}

/** Serves `/livez`, `/readyz` and `/metrics` on a port of its own, away from callers. */
export async function startTelemetryServer(options: TelemetryServerOptions): Promise<TelemetryServer> {
  const server = createServer((request, response) => {
    answer(options, request, response).catch(() => reply(response, 500, 'unavailable'));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const address = server.address();
  const { push, metrics } = options;
  const pushing = push === undefined || push === null ? null : (await import('./metric-push.ts')).startMetricPush({ ...push, metrics });
  return {
    port: typeof address === 'object' && address !== null ? address.port : options.port,
    async close() {
      await pushing?.close();
      await new Promise<void>((resolve, reject) => {
        server.close((error) => (error === undefined ? resolve() : reject(error)));
        server.closeAllConnections();
      });
    },
  };
}

async function answer(options: TelemetryServerOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = (request.url ?? '').split('?')[0];
  if (request.method !== 'GET' && request.method !== 'HEAD') reply(response, 405, 'only GET');
  else if (path === '/livez') replyState(response, options.health.isLive());
  else if (path === '/readyz') replyState(response, options.health.isReady());
  else if (path === '/metrics') {
    const exposed = await options.metrics.expose();
    response.writeHead(200, { 'content-type': options.metrics.contentType, [PROCESS_HEADER]: process.pid }).end(exposed);
  } else reply(response, 404, 'not found');
}

function replyState(response: ServerResponse, isFine: boolean): void {
  reply(response, isFine ? 200 : 503, isFine ? 'ok' : 'not ok');
}

function reply(response: ServerResponse, status: number, line: string): void {
  if (response.headersSent) return;
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', [PROCESS_HEADER]: process.pid }).end(`${line}\n`);
}
