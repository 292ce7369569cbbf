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

export const TENANT_LIMITS_REQUEST = TENANT_LIMITS_SCHEMA.meta({ id: 'TenantLimits' });
export const INSTALLATION_LIMITS_REQUEST = INSTALLATION_LIMITS_SCHEMA.meta({ id: 'InstallationLimits' });
export const TENANT_LIMITS_RESPONSE = z.object({ limits: z.unknown().meta({ description: 'As they were set; null: nothing was.' }) });
