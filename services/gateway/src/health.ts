import type { ApiPage, Exchange, Handler, RouteNameOf } from '@tidegate/http';
import { apiPage, openApiDocument, sendJson } from '@tidegate/http';
import type { Dependencies } from './dependencies.ts';

export interface HealthOptions {
  readonly version: string;
  readonly dependencies: Dependencies;
  readonly isDraining: () => boolean;
}

type HealthRoute = Extract<RouteNameOf<'gateway'>, 'health' | 'healthVersioned' | 'healthLive' | 'healthReady' | 'docs' | 'openapi'>;

/** For people and monitors on the public port. A dependency that is away shows in the body, never in the status. */
export function createHealth({ version, dependencies, isDraining }: HealthOptions): Readonly<Record<HealthRoute, Handler>> {
  const document = openApiDocument({ version });
  const page = apiPage({ version });

  function answer(exchange: Exchange, isRefusing: boolean): void {
    const checks = dependencies.states();
    const isWhole = Object.values(checks).every((state) => state === 'connected');
    const status = isDraining() ? 'draining' : isWhole ? 'ok' : 'degraded';
    sendJson(exchange, { status, version, checks }, { status: isRefusing ? 503 : 200, headers: { 'cache-control': 'no-store' } });
  }

  return {
    health: (exchange) => answer(exchange, isDraining()),
    healthVersioned: (exchange) => answer(exchange, isDraining()),
    healthLive: (exchange) => answer(exchange, false),
    healthReady: (exchange) => answer(exchange, isDraining()),
    docs: (exchange) => sendPage(exchange, page),
    openapi: (exchange) => sendJson(exchange, document, { headers: { 'cache-control': 'public, max-age=300' } }),
  };
}

function sendPage({ response, context }: Exchange, { body, contentSecurityPolicy }: ApiPage): void {
  response.writeHead(200, {
    'content-type': 'text/html; charset=utf-8',
    'content-length': Buffer.byteLength(body),
    'content-security-policy': contentSecurityPolicy,
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cache-control': 'public, max-age=300',
    'x-request-id': context.requestId,
  });
  response.end(body);
}
