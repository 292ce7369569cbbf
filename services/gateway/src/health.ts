import type { Exchange, Handler, RouteNameOf } from '@tidegate/http';
import { openApiDocument, sendJson } from '@tidegate/http';
import type { Dependencies } from './dependencies.ts';

export interface HealthOptions {
  readonly version: string;
  readonly dependencies: Dependencies;
  readonly isDraining: () => boolean;
}

type HealthRoute = Extract<RouteNameOf<'gateway'>, 'health' | 'healthLive' | 'healthReady' | 'openapi'>;

/** For people and monitors on the public port. A dependency that is away shows in the body, never in the status. */
export function createHealth({ version, dependencies, isDraining }: HealthOptions): Readonly<Record<HealthRoute, Handler>> {
  const document = openApiDocument({ version });

  function answer(exchange: Exchange, isRefusing: boolean): void {
    const checks = dependencies.states();
    const isWhole = Object.values(checks).every((state) => state === 'up');
    const status = isDraining() ? 'draining' : isWhole ? 'ok' : 'degraded';
    sendJson(exchange, { status, version, checks }, { status: isRefusing ? 503 : 200, headers: { 'cache-control': 'no-store' } });
  }

  return {
    health: (exchange) => answer(exchange, isDraining()),
    healthLive: (exchange) => answer(exchange, false),
    healthReady: (exchange) => answer(exchange, isDraining()),
    openapi: (exchange) => sendJson(exchange, document, { headers: { 'cache-control': 'public, max-age=300' } }),
  };
}
