import { K_SCHEMA, OTHER_VALUE } from '@tidegate/core';
import { z } from 'zod';
import { ROUTE_NAME_SCHEMA, SCOPE_SCHEMA } from './admin-schemas.ts';
import { INSTANT_SCHEMA } from './route-schemas.ts';

/** Schemas of bodies of the routes that make tokens, and that tell whose are taken. */

/** Asymmetric alone: a secret that both sides know would let whoever checks a token make one. */
const TOKEN_ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'] as const;
const ISSUER_NAME = z.string().regex(/^[a-z][a-z0-9-]{0,62}$/);
const claimName = z.string().min(1).max(200);

export const ISSUER_PARAMS = z.object({ issuer: ISSUER_NAME });
export const ISSUER_REQUEST_SCHEMA = z
  .strictObject({
    name: ISSUER_NAME,
    issuer: z
      .url({ protocol: /^https?$/ })
      .max(500)
      .meta({ description: '`iss` of its tokens, letter by letter.' }),
    audiences: z.array(z.string().min(1).max(500)).min(1).max(20).meta({ description: 'One of them must stand in `aud`.' }),
    jwks_uri: z
      .url({ protocol: /^https?$/ })
      .max(1_000)
      .meta({ description: 'Where its keys are read: https.' }),
    algorithms: z.array(z.enum(TOKEN_ALGORITHMS)).min(1).default(['RS256', 'ES256', 'EdDSA']),
    subject_claim: claimName.default('sub').meta({ description: 'Which claim names the person.' }),
    scopes: z.array(SCOPE_SCHEMA).default([]).meta({ description: 'Scopes of every token.' }),
    scopes_claim: claimName.nullable().default('scope').meta({ description: 'Which claim holds words for rights.' }),
    scopes_by_word: z
      .record(z.string().min(1).max(200), z.array(SCOPE_SCHEMA))
      .default({})
      .meta({ description: 'Which scopes each of those words gives; a word that does not stand here gives none.' }),
    tenant_claim: z
      .strictObject({ claim: claimName, value: z.string().min(1).max(500) })
      .nullable()
      .default(null)
      .meta({ description: "Where one issuer serves several tenants: what makes a token this one's." }),
  })
  .meta({ id: 'IssuerRequest' });
export const ISSUER_SCHEMA = ISSUER_REQUEST_SCHEMA.extend({ tenant: z.string() }).meta({ id: 'Issuer' });
export const ISSUERS_SCHEMA = z.object({ issuers: z.array(ISSUER_SCHEMA) });
export const ISSUER_REMOVED_SCHEMA = z.object({ name: z.string(), state: z.literal('removed') });

/** Routes that a token of ours may come to: those that read, and hold to its rows. */
const TOKEN_ROUTES = ['askQuestion', 'askKept', 'askBatch', 'readView', 'listMetrics', 'readMetric', 'readReceipt'] as const;
/** Those, and the views of packs. */
export function mayBeOfToken(route: string): boolean {
  return route.includes('.') || (TOKEN_ROUTES as readonly string[]).includes(route);
}
const shownValue = z
  .union([z.string().max(1_024), z.number(), z.boolean()])
  .refine((value) => value !== OTHER_VALUE, { message: 'holds values of all kinds, and can be shown to nobody in place of one' });

export const TOKEN_REQUEST_SCHEMA = z
  .strictObject({
    metrics: z
      .array(z.string().min(1).max(200))
      .min(1)
      .max(100)
      .nullable()
      .default(null)
      .meta({ description: 'Names of the metrics that it shows; null, where it shows one person: all of that person, rows too.' }),
    where: z
      .record(z.string().min(1).max(100), z.array(shownValue).min(1).max(100))
      .default({})
      .meta({ description: 'By dimension, the values that it shows. A metric that lacks one of these dimensions is not answered.' }),
    subject: z.string().min(1).max(256).nullable().default(null).meta({ description: 'The plain id of the one person that it shows.' }),
    k: K_SCHEMA.optional().meta({
      description: 'Groups of fewer persons are withheld from it; of a key that has a `k` at least that, whatever is asked.',
    }),
    routes: z
      .array(ROUTE_NAME_SCHEMA.refine(mayBeOfToken, `must be one of ${TOKEN_ROUTES.join(', ')}, or a view of a pack`))
      .min(1)
      .max(50)
      .nullable()
      .default(null)
      .meta({ description: `Of ${TOKEN_ROUTES.join(', ')} and views of packs (\`studyin.overview\`) those that it may call; null: all.` }),
    expires_in_s: z.int().min(60).max(1_800).default(1_800),
  })
  .refine(({ metrics, subject }) => metrics !== null || subject !== null, {
    path: ['metrics'],
    message: 'must name some, unless a subject is named',
  })
  .meta({ id: 'TokenRequest' });
export const TOKEN_SCHEMA = z
  .object({ access_token: z.string(), token_type: z.literal('bearer'), expires_in: z.int(), expires_at: INSTANT_SCHEMA })
  .meta({ id: 'Token' });
