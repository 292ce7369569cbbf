export type { ApiPage } from './api-page.ts';
export { apiPage } from './api-page.ts';
export type { Caller, CallerReading } from './caller.ts';
export { CALLER_HEADER, createCallerVerifier, signCaller } from './caller.ts';
export type { Exchange, RequestContext } from './exchange.ts';
export { clientGone, requestIdOf, sendJson } from './exchange.ts';
export type { BodyFault } from './json-body.ts';
export { decodeJson, readBytes, readJsonBody } from './json-body.ts';
export type { HttpListener, ListenAddress, RequestListener } from './listener.ts';
export { createListener } from './listener.ts';
export { faultsOf, openApiDocument } from './openapi.ts';
export type { PathReading } from './path.ts';
export { normalisePath } from './path.ts';
export type { Problem, ProblemContext, ProblemError, ProblemFault } from './problem.ts';
export { PROBLEM_TYPE, sendProblem, toProblem } from './problem.ts';
export type { RateLimitNumbers } from './rate-limit-headers.ts';
export { RATE_LIMIT_HEADER_NAMES, rateLimitHeaders } from './rate-limit-headers.ts';
export type { ObservedRequest, RequestTelemetry, RequestTelemetryOptions } from './request-telemetry.ts';
export { createRequestTelemetry } from './request-telemetry.ts';
export {
  BATCH_QUESTIONS_MAX,
  BUDGETS_QUERY,
  KEY_REQUEST_SCHEMA,
  RECEIPT_QUERY,
  REJECTED_QUERY,
  ROTATE_REQUEST_SCHEMA,
  SCOPES,
} from './route-schemas.ts';
export type { Scope } from './route-schemas.ts';
export type { RouteMatch } from './router.ts';
export { createRouter } from './router.ts';
export type { LimitClass, NamedRoute, RouteDeclaration, RouteName, RouteNameOf, Upstream } from './routes.ts';
export { listRoutes, ROUTES } from './routes.ts';
export type { Handler, HttpServerOptions } from './server.ts';
export { createHttpServer, notAllowed } from './server.ts';
