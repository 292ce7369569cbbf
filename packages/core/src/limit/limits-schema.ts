import { z } from 'zod';

/** The text form of limits: section `limits` of a pack, and the records by which an installation or a tenant changes them. */

/**
 * Whose bucket a policy's is, in the order in which levels are asked and named. The first four count before anybody knows who
 * calls, the others after it.
 *
 * | scope        | one bucket for each                                                                      |
 * |--------------|------------------------------------------------------------------------------------------|
 * | ip           | address; of IPv6 its /64                                                                  |
 * | network      | IPv6 /48, which one customer may have whole; none for IPv4                                |
 * | auth_failure | address, paid by who could not be authenticated                                           |
 * | global       | the installation has one                                                                  |
 * | tenant       | tenant                                                                                    |
 * | user         | signed-in user, else address; none where a key calls                                      |
 * | api_key      | API key                                                                                   |
 * | endpoint     | signed-in user, else address, and route; none where a key calls                           |
 * | account      | account that somebody tries to sign in to                                                 |
 */
export const LIMIT_SCOPES = ['ip', 'network', 'auth_failure', 'global', 'tenant', 'user', 'api_key', 'endpoint', 'account'] as const;
export type LimitScope = (typeof LIMIT_SCOPES)[number];

/** Asked before authentication, and the installation's alone: no tenant may change them. */
export const SCOPES_BEFORE: ReadonlySet<LimitScope> = new Set(['ip', 'network', 'auth_failure', 'global']);

const COUNT_MAX = 1_000_000_000;
const name = z
  .string()
  .max(64)
  .regex(/^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)?$/, 'must be lower snake case, at most two words joined by a dot');
const route = z
  .string()
  .max(200)
  .regex(/^(?:\*|GET|POST|PUT|PATCH|DELETE) \/\S*$/, 'must be a method or *, a space and a path');

const policy = z.strictObject({
  scope: z.enum(LIMIT_SCOPES).optional(),
  limit: z.int().min(1).max(COUNT_MAX).optional(),
  window_s: z.int().min(1).max(31_622_400).optional(),
  burst: z.int().min(1).max(COUNT_MAX).optional(),
  /** `shadow`: counted and told, never a reason to refuse. */
  mode: z.enum(['enforce', 'shadow', 'off']).optional(),
  /** What holds while Redis cannot be asked: nothing, a bucket of each gateway, or refusal. */
  without_redis: z.enum(['open', 'local', 'closed']).optional(),
});

const limitClass = z.strictObject({
  class: name,
  routes: z.array(route).min(1).max(100),
  policies: z.array(name).max(8),
  /** Tokens that a request takes of each level. */
  cost: z.int().min(1).max(10_000).optional(),
});

/** When the levels before authentication are asked for a class; only the installation says. */
const installationClass = limitClass.extend({ before: z.enum(['always', 'without_key', 'never']).optional() });

const policies = z.record(name, policy);

export const LIMITS_SCHEMA = z.strictObject({ policies: policies.default({}), classes: z.array(limitClass).max(100).default([]) });
export type LimitsSource = z.output<typeof LIMITS_SCHEMA>;

export const TENANT_LIMITS_SCHEMA = LIMITS_SCHEMA.extend({
  /** By key id. */
  keys: z.record(z.string().max(100), z.strictObject({ policies })).default({}),
});
export type TenantLimits = z.output<typeof TENANT_LIMITS_SCHEMA>;

export const INSTALLATION_LIMITS_SCHEMA = z.strictObject({
  policies: policies.default({}),
  classes: z.array(installationClass).max(100).default([]),
  tiers: z.record(name, z.strictObject({ policies })).default({}),
  /** Tier of each tenant that has one. */
  tenants: z.record(z.string().max(63), name).default({}),
});
export type InstallationLimits = z.output<typeof INSTALLATION_LIMITS_SCHEMA>;

export type PolicySource = z.output<typeof policy>;
export type ClassSource = z.output<typeof installationClass>;
