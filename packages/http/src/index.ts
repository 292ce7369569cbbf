export { KEY_REQUEST_SCHEMA, ROTATE_REQUEST_SCHEMA, SCOPES, unknownScopes } from './admin-schemas.ts';
export type { Scope } from './admin-schemas.ts';
export type { ApiPage } from './api-page.ts';
export { apiPage } from './api-page.ts';
export type { Caller, CallerReading, OwnToken, ScopedRoute } from './caller.ts';
export {
  CALLER_HEADER,
  createCallerVerifier,
  mayAsk,
  ROW_SCOPE_SCHEMA,
  signCaller,
  userOf,
  visibleRows,
  writableSubject,
} from './caller.ts';
export type { Addressee, DeliverJson, Delivery, Exchange, RequestContext } from './exchange.ts';
export { clientGone, requestIdOf, sendJson } from './exchange.ts';
export { ERASURE_ASK_SCHEMA, OWN_ERASURE_ASK_SCHEMA } from './erasure-schemas.ts';
export { EXPORT_ASK_SCHEMA } from './export-schemas.ts';
export { WAREHOUSE_ASK_SCHEMA, WAREHOUSE_SCHEDULES_SCHEMA } from './warehouse-schemas.ts';
export { GAP_WORD_SCHEMA } from './gap-schemas.ts';
export { idempotencyKeyOf } from './idempotency-key.ts';
export { BULK_REPLAY_SCHEMA, JOBS_QUERY } from './job-schemas.ts';
export type { ShownJob } from './job-view.ts';
export { jobView } from './job-view.ts';
export type { BodyFault } from './json-body.ts';
export { EXPLAIN_REQUEST_SCHEMA, REPLAY_REQUEST_SCHEMA } from './limit-schemas.ts';
export { decodeExactJson, decodeExactly, decodeJson, readBytes, readJsonBody } from './json-body.ts';
export type { HttpListener, ListenAddress, ListenerOptions, RequestListener, Upgrade } from './listener.ts';
export { createListener } from './listener.ts';
export type { ListenerTls, ServerCertificate } from './secure.ts';
export { faultsOf, openApiDocument } from './openapi.ts';
export type { PackSignatures } from './openapi-packs.ts';
export { ORIGINS_REQUEST_SCHEMA } from './origin-schemas.ts';
export type { PathReading } from './path.ts';
export { normalisePath } from './path.ts';
export { invalidMember, invalidRequest } from './invalid-request.ts';
export { refuse, refuseUnread } from './refuse.ts';
export type { Problem, ProblemContext, ProblemError, ProblemFault } from './problem.ts';
export { PROBLEM_TYPE, sendProblem, toProblem } from './problem.ts';
export type { RateLimitNumbers } from './rate-limit-headers.ts';
export { RATE_LIMIT_HEADER_NAMES, rateLimitHeaders } from './rate-limit-headers.ts';
export type { ObservedRequest, RequestTelemetry, RequestTelemetryOptions } from './request-telemetry.ts';
export { createRequestTelemetry, statusOf, SWITCHING } from './request-telemetry.ts';
export type { RoleName } from './roles.ts';
export { ROLE_NAMES, ROLES, scopesOfRoles } from './roles.ts';
export { ASSIGNMENT_QUERY, EXPERIMENT_QUERY } from './pack-schemas.ts';
export { BUDGETS_QUERY } from './budget-schemas.ts';
export { RECENT_QUERY, STREAM_QUERY } from './stream-schemas.ts';
export { CACHE_DROP_SCHEMA, CACHE_QUERY, CACHE_RESET_SCHEMA } from './cache-schemas.ts';
export { EVENT_STATE_QUERY } from './event-state-schemas.ts';
export { RESTATEMENTS_QUERY } from './restatement-schemas.ts';
export { AUDIT_QUERY, AUDIT_VERIFY_QUERY, NO_TENANT } from './audit-chain-schemas.ts';
export { RECOUNT_ASK_SCHEMA, RECOUNTS_QUERY } from './audit-schemas.ts';
export { BATCH_QUESTIONS_MAX, LIVE_QUERY, RECEIPT_QUERY, REJECTED_QUERY } from './route-schemas.ts';
export { ISSUER_REQUEST_SCHEMA, mayBeOfToken, TOKEN_REQUEST_SCHEMA } from './token-schemas.ts';
export { EVENT_TYPE_CHANGE_SCHEMA, EVENT_TYPE_DEFINITION_SCHEMA, EVENT_TYPE_PARAMS, PACK_PREVIEW_REQUEST_SCHEMA } from './pack-schemas.ts';
export {
  LOGIN_REQUEST_SCHEMA,
  REFRESH_REQUEST_SCHEMA,
  REGISTER_REQUEST_SCHEMA,
  USER_CHANGE_SCHEMA,
  USER_REQUEST_SCHEMA,
  USERS_QUERY,
} from './user-schemas.ts';
export type { RouteMatch } from './router.ts';
export { createRouter } from './router.ts';
export { accessOf, isAdministration, OPENED_HEADER, SUBJECT_HEADER } from './routes/access.ts';
export type { Access, LimitClass, RouteDeclaration, Upstream } from './routes/route-declaration.ts';
export type { NamedRoute, RouteName, RouteNameOf } from './routes/routes.ts';
export { INTERNAL_ROUTES, isOpenTo, listRoutes, ROUTES, withPackName } from './routes/routes.ts';
export { AGES_MAX, AGES_REQUEST_SCHEMA, AGES_SCHEMA, OPEN_REQUEST_SCHEMA, OPENED_SCHEMA, OPENED_VALUES_MAX } from './sealed-schemas.ts';
export type { AgesRequest, OpenRequest, OpenedValues, ToldAges } from './sealed-schemas.ts';
export type { Handler, HttpServerOptions } from './server.ts';
export { INSIGHTS_QUERY } from './view-schemas.ts';
export { createHttpServer, notAllowed } from './server.ts';
