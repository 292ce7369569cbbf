import { INSTALLATION_LIMITS_SCHEMA, LIMIT_SCOPES, TENANT_LIMITS_SCHEMA } from '@tidegate/core';
import { z } from 'zod';

/** A bucket of the caller, as it stands. */
const LEVEL_SCHEMA = z.object({
  policy: z.string(),
  scope: z.enum(LIMIT_SCOPES),
  mode: z.enum(['enforce', 'shadow']).meta({ description: '`shadow`: counted, never a reason to refuse.' }),
  source: z.string().meta({ description: 'Who said so last: shipped, settings, installation, a pack, a tier, the tenant, the key.' }),
  limit: z.int(),
  window_s: z.int(),
  burst: z.int(),
  remaining: z.int(),
  reset: z.int().meta({ description: 'Epoch seconds at which it is full again.' }),
  wait_s: z.int().meta({ description: 'Seconds until it has enough for the request; 0 where it has.' }),
});

export const LIMITS_RESPONSE = z.object({ limits: z.array(LEVEL_SCHEMA) }).meta({ id: 'Limits' });

export const EXPLAIN_REQUEST_SCHEMA = z
  .strictObject({ method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']), path: z.string().min(1).max(2_000) })
  .meta({ id: 'LimitsExplainRequest', description: 'A request of the caller that is not made.' });

export const EXPLAIN_RESPONSE = z
  .object({
    class: z.string(),
    class_source: z.string(),
    cost: z.int().meta({ description: 'Tokens that it takes of each level.' }),
    would_pass: z.boolean(),
    decided_by: z.string().nullable().meta({ description: 'The first policy that would refuse, in the order of the levels.' }),
    levels: z.array(LEVEL_SCHEMA),
  })
  .meta({ id: 'LimitsExplained' });

export const REPLAY_REQUEST_SCHEMA = z
  .strictObject({
    limits: TENANT_LIMITS_SCHEMA.meta({ description: 'The candidate, in place of what the tenant has set.' }),
    last_s: z.int().min(1).max(86_400).default(3_600).meta({ description: 'Seconds back from now.' }),
  })
  .meta({ id: 'LimitsReplayRequest' });

const REPLAYED = {
  requests: z.int(),
  refused: z.int().meta({ description: 'As it was.' }),
  would_refuse: z.int().meta({ description: 'As the candidate would have had it.' }),
};

export const REPLAY_RESPONSE = z
  .object({
    from: z.iso.datetime(),
    to: z.iso.datetime(),
    is_complete: z.boolean().meta({
      description:
        'False: a record of the stretch is missing, or there were more callers than a record names; then there was more than this.',
    }),
    ...REPLAYED,
    classes: z.array(z.object({ class: z.string(), ...REPLAYED })),
    policies: z.array(z.object({ policy: z.string(), refused: REPLAYED.refused, would_refuse: REPLAYED.would_refuse })),
    callers_hit: z.int(),
    callers: z
      .array(
        z.object({
          key: z.string().nullable(),
          user: z.string().nullable().meta({ description: 'Keyed hash of a signed-in user, as in the decisions topic.' }),
          route: z.string(),
          ...REPLAYED,
          policy: z.string().meta({ description: 'Which would have refused most of it.' }),
          first_at: z.iso.datetime(),
        }),
      )
      .meta({ description: 'Those that would have been refused, most first; at most 100.' }),
  })
  .meta({ id: 'LimitsReplayed' });

export const TENANT_LIMITS_REQUEST = TENANT_LIMITS_SCHEMA.meta({ id: 'TenantLimits' });
export const INSTALLATION_LIMITS_REQUEST = INSTALLATION_LIMITS_SCHEMA.meta({ id: 'InstallationLimits' });
export const TENANT_LIMITS_RESPONSE = z.object({ limits: z.unknown().meta({ description: 'As they were set; null: nothing was.' }) });
