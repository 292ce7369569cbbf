import { z } from 'zod';
import { SCOPES } from './admin-schemas.ts';

/** Schemas of bodies of the routes that tell whose tokens are taken. */

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
    scopes: z.array(z.enum(SCOPES)).default([]).meta({ description: 'Scopes of every token.' }),
    scopes_claim: claimName.nullable().default('scope').meta({ description: 'Which claim holds words for rights.' }),
    scopes_by_word: z
      .record(z.string().min(1).max(200), z.array(z.enum(SCOPES)))
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
