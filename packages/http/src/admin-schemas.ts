import { K_SCHEMA, SCOPE_PATTERN } from '@tidegate/core';
import { z } from 'zod';
import { INSTANT_SCHEMA } from './route-schemas.ts';

/** Schemas of bodies of the routes of administration: keys. */

export const SCOPES = [
  'ingest:write',
  'ingest:write_any',
  'events:read',
  'query:read',
  'live:read',
  'cache:read',
  'cache:admin',
  'privacy:admin',
  'tenant:admin',
  'ops:admin',
] as const;
export type Scope = (typeof SCOPES)[number];

/** Of the engine, or one that a pack of the tenant declares. */
export const SCOPE_SCHEMA = z
  .string()
  .regex(SCOPE_PATTERN, 'two words joined by a colon')
  .meta({ description: `One of ${SCOPES.join(', ')}, or a scope that a view of a pack in place declares.` });

/** Those that nobody declares: a right to nothing is a mistake in a name. */
export function unknownScopes(scopes: readonly string[], declared: ReadonlySet<string>): readonly string[] {
  return scopes.filter((scope) => !(SCOPES as readonly string[]).includes(scope) && !declared.has(scope));
}

/** A route as rights name it: by its operation, or as a pack declares it. */
export const ROUTE_NAME_SCHEMA = z
  .string()
  .max(200)
  .regex(/^(?:[a-z][A-Za-z0-9]*|[a-z][a-z0-9_-]*\.[a-z][a-z0-9_]*)$/, 'an operation, or a pack and its view or write joined by a dot')
  .meta({ description: 'An operation, such as `sendEvents`, or a view or write of a pack, such as `studyin.track`.' });

function isBeyondGroups(scope: string): boolean {
  return scope === 'events:read' || scope.endsWith(':admin');
}

export const KEY_PARAMS = z.object({ key: z.string().regex(/^key_[0-9A-Za-z]{1,64}$/) });

export const KEY_REQUEST_SCHEMA = z
  .strictObject({
    name: z.string().min(1).max(100).meta({ description: 'For people; shown in lists.' }),
    scopes: z.array(SCOPE_SCHEMA).min(1),
    kind: z.enum(['live', 'pub']).default('live').meta({ description: '`pub`: may stand in a web page; only `ingest:write`.' }),
    routes: z
      .array(ROUTE_NAME_SCHEMA)
      .min(1)
      .max(50)
      .nullable()
      .default(null)
      .meta({ description: 'The only routes that it may call; null: all that its scopes open.' }),
    k: K_SCHEMA.nullable()
      .default(null)
      .meta({ description: 'Groups of fewer persons are withheld from it, and what shows persons one by one is refused; null: none is.' }),
    expires_at: z.iso.datetime({ offset: true }).optional(),
  })
  .refine((asked) => asked.k === null || !asked.scopes.some(isBeyondGroups), {
    path: ['k'],
    message: 'a key with k has neither events:read nor a scope of administration: those show persons, or give what it lacks',
  })
  .refine((asked) => asked.kind === 'live' || asked.scopes.every((scope) => scope === 'ingest:write'), {
    path: ['scopes'],
    message: 'a publishable key has the scope ingest:write and no other',
  });

const OVERLAP_S_MAX = 30 * 86_400;

export const ROTATE_REQUEST_SCHEMA = z.strictObject({
  overlap_s: z
    .int()
    .min(0)
    .max(OVERLAP_S_MAX)
    .default(86_400)
    .meta({ description: 'How many seconds the secrets before the new one are taken still; 0 ends them now.' }),
});

export const KEY_SCHEMA = z
  .object({
    id: z.string(),
    tenant: z.string(),
    prefix: z.string().meta({ description: 'How the secret begins.' }),
    name: z.string(),
    kind: z.enum(['live', 'pub']),
    scopes: z.array(z.string()),
    routes: z.array(z.string()).nullable().meta({ description: 'The only routes that it may call; null: all that its scopes open.' }),
    k: z.int().nullable().meta({ description: 'Groups of fewer persons are withheld from it; null: none is.' }),
    last4: z.string(),
    state: z.enum(['active', 'expired', 'revoked']),
    created_at: INSTANT_SCHEMA,
    expires_at: INSTANT_SCHEMA.nullable(),
    revoked_at: INSTANT_SCHEMA.nullable(),
    rotated_at: INSTANT_SCHEMA.nullable().meta({ description: 'When it got its newest secret; null: with the key.' }),
    earlier_until: INSTANT_SCHEMA.nullable().meta({
      description: 'How long secrets from before a rotation are taken still; null: none is.',
    }),
    last_used_at: INSTANT_SCHEMA.nullable().meta({ description: 'Written twice a minute; null: never.' }),
  })
  .meta({ id: 'Key' });

export const KEYS_SCHEMA = z.object({ keys: z.array(KEY_SCHEMA) });
export const KEY_CREATED_SCHEMA = KEY_SCHEMA.extend({ key: z.string().meta({ description: 'The secret; shown this once.' }) }).meta({
  id: 'KeyCreated',
});
