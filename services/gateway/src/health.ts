import { toIsoUtc } from '@tidegate/core';
import type { ApiPage, Exchange, Handler, PackSignatures, RouteNameOf } from '@tidegate/http';
import { apiPage, openApiDocument, sendJson } from '@tidegate/http';
import type { Dependencies, SeenProgress } from './dependencies.ts';

export interface HealthOptions {
  readonly version: string;
  readonly dependencies: Dependencies;
  readonly isDraining: () => boolean;
  /** Routes of packs that everybody may know of; the same object while they are the same. */
  readonly packs: () => PackSignatures;
}

type HealthRoute = Extract<RouteNameOf<'gateway'>, 'health' | 'healthVersioned' | 'healthLive' | 'healthReady' | 'docs' | 'openapi'>;

/** For people and monitors on the public port. A dependency that is away shows in the body, never in the status. */
export function createHealth({ version, dependencies, isDraining, packs }: HealthOptions): Readonly<Record<HealthRoute, Handler>> {
  const described = createDescription(version, packs);

  function answer(exchange: Exchange, isRefusing: boolean): void {
    const checks = dependencies.states();
    const isWhole = Object.values(checks).every((state) => state === 'connected');
    const status = isDraining() ? 'draining' : isWhole ? 'ok' : 'degraded';
    const progress = progressView(dependencies.progress());
    sendJson(exchange, { status, version, checks, progress }, { status: isRefusing ? 503 : 200, headers: { 'cache-control': 'no-store' } });
  }

  return {
    health: (exchange) => answer(exchange, isDraining()),
    healthVersioned: (exchange) => answer(exchange, isDraining()),
    healthLive: (exchange) => answer(exchange, false),
    healthReady: (exchange) => answer(exchange, isDraining()),
    docs: (exchange) => sendPage(exchange, described().page),
    openapi: (exchange) => sendJson(exchange, described().document, { headers: { 'cache-control': 'public, max-age=300' } }),
  };
}

function progressView(seen: SeenProgress | null): object | null {
  if (seen === null) return null;
  const { partitions, completeThroughMs, seenMs } = seen;
  return { partitions, complete_through: completeThroughMs === null ? null : toIsoUtc(completeThroughMs), as_of: toIsoUtc(seenMs) };
}

interface Description {
  readonly document: ReturnType<typeof openApiDocument>;
  readonly page: ApiPage;
}

/** The API document in both its forms, made anew when a pack has come, changed or gone. */
function createDescription(version: string, packs: HealthOptions['packs']): () => Description {
  let of: PackSignatures | null = null;
  let made: Description | null = null;
  return function described() {
    const now = packs();
    if (made === null || of !== now) made = { document: openApiDocument({ version, packs: now }), page: apiPage({ version, packs: now }) };
    of = now;
    return made;
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
