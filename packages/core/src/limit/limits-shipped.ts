import type { ClassSource, PolicySource } from './limits-schema.ts';

/**
 * The policies that hold where nobody says otherwise. Figures of the classes: docs/design/limits.md. `network` and
 * `auth_failure` are not asked for by users: the one keeps an IPv6 customer from renting 65,536 buckets, the other keeps guessing slow.
 */
export const SHIPPED_POLICIES = {
  ip: { scope: 'ip', limit: 600, window_s: 60, burst: 10 },
  network: { scope: 'network', limit: 6_000, window_s: 60, burst: 100 },
  auth_failure: { scope: 'auth_failure', limit: 20, window_s: 60, burst: 20, without_redis: 'local' },
  global: { scope: 'global', limit: 10_000, window_s: 60, burst: 1_000 },
  user: { scope: 'user', limit: 100, window_s: 60 },
  api_key: { scope: 'api_key', limit: 1_000, window_s: 60 },
  endpoint: { scope: 'endpoint', limit: 100, window_s: 60 },
  ingest: { scope: 'api_key', limit: 60_000, window_s: 60 },
  analytics: { scope: 'user', limit: 30, window_s: 60 },
  patient_data: { scope: 'user', limit: 60, window_s: 60 },
  login: { scope: 'ip', limit: 5, window_s: 60, without_redis: 'local' },
  login_account: { scope: 'account', limit: 5, window_s: 60, without_redis: 'local' },
} as const satisfies Readonly<Record<string, PolicySource>>;

/** First match wins; a route that none names is of the class `default`. Paths are templates, after normalisation. */
export const SHIPPED_CLASSES: readonly ClassSource[] = [
  {
    class: 'exempt',
    routes: ['GET /health', 'GET /health/live', 'GET /health/ready', 'GET /v1/health', 'GET /docs', 'GET /openapi.json'],
    policies: [],
    before: 'never',
  },
  { class: 'ingest', routes: ['POST /v1/events', 'POST /v1/segment/*'], policies: ['ingest'], before: 'without_key' },
  {
    class: 'login',
    routes: ['POST /v1/auth/login', 'POST /v1/users/login', 'POST /v1/users/register'],
    policies: ['login', 'login_account'],
  },
  { class: 'analytics', routes: ['* /v1/analytics/**'], policies: ['analytics', 'user', 'endpoint', 'api_key'] },
  { class: 'patient_data', routes: ['* /v1/patients/**'], policies: ['patient_data', 'user', 'endpoint', 'api_key'] },
];

export const DEFAULT_CLASS: ClassSource = { class: 'default', routes: ['* /**'], policies: ['user', 'endpoint', 'api_key'] };
/** Asked before authentication by every class that is not excepted from it. */
export const POLICIES_BEFORE: readonly string[] = ['ip', 'network', 'global'];
export const POLICY_OF_FAILURES = 'auth_failure';
