import { z } from 'zod';
import { INSTANT_SCHEMA as instant } from './route-schemas.ts';

const LINKS_MAX = 1_000;
const CHECKED_MAX = 100_000;
const word = z.string().min(1).max(256);
const hex = z.string().meta({ description: '32 bytes, hex.' });

/** Of nobody: accesses whose caller was not known. */
export const NO_TENANT = '-';

const of = z.literal(NO_TENANT).optional().meta({
  description: 'Of those of whom nobody knew who they are, in place of the tenant’s own; needs ops:admin.',
});

export const AUDIT_QUERY = z.object({
  tenant: of,
  since: z.iso.datetime({ offset: true }).optional().meta({ description: 'Kept at or after.' }),
  until: z.iso.datetime({ offset: true }).optional().meta({ description: 'Kept before.' }),
  actor: word.optional().meta({ description: 'Id of a key or a user.' }),
  subject: word.optional().meta({ description: 'Whose rows were shown: the plain id.' }),
  action: z.enum(['create', 'read', 'update', 'delete']).optional(),
  resource_type: word.optional(),
  order: z.enum(['newest', 'chain']).default('newest').meta({
    description: '`chain`: from the first record on, as they follow one another; for exports. Takes no filter.',
  }),
  cursor: z.string().max(2_000).optional(),
  limit: z.coerce.number().int().min(1).max(LINKS_MAX).default(100),
});

const AUDITED_SCHEMA = z
  .looseObject({
    timestamp: instant.meta({ description: 'Of the first of so many accesses that differ in nothing but time.' }),
    last_at: instant,
    tenant: z.string(),
    actor: z.string().meta({ description: 'Id of a key or a user; `-`: nobody was known.' }),
    role: z.string(),
    action: z.string(),
    resource_type: z.string(),
    resource_id: z.string().nullable(),
    subject: z.string().nullable().meta({ description: 'Pseudonym of the person whose rows were shown; `*`: several.' }),
    opened: z.array(z.string()).optional().meta({ description: 'Sealed fields of that person that were shown opened.' }),
    status_code: z.int().nullable().meta({
      description:
        'Of the answer; null: an admin was let in to change something, and what became of it is another record of this `request_id`.',
    }),
    route: z.string(),
    trace_id: z.string(),
    request_id: z.string(),
    accesses: z.int(),
    no: z.int().meta({ description: 'Place in the chain of the tenant.' }),
    kept_at: instant,
    prev_hash: hex,
    hash: hex,
    signature: hex,
  })
  .meta({ id: 'Audited', description: 'An access, and its place in the chain.' });

export const AUDIT_SCHEMA = z.object({ records: z.array(AUDITED_SCHEMA), next_cursor: z.string().nullable() });

export const AUDIT_VERIFY_QUERY = z.object({
  tenant: of,
  from: z.coerce.number().int().min(1).optional().meta({ description: 'Number of the first record to check; absent: the first there is.' }),
  limit: z.coerce.number().int().min(1).max(CHECKED_MAX).default(20_000).meta({ description: 'Records to check, at most.' }),
  seen: z
    .string()
    .regex(/^\d{1,15}:[0-9a-f]{64}$/)
    .optional()
    .meta({ description: '`<no>:<hash>` of a record that was written down elsewhere: it must still be there as it was.' }),
});

export const AUDIT_VERIFIED_SCHEMA = z
  .object({
    state: z.enum(['whole', 'broken']),
    base_no: z.int().meta({ description: 'Records up to this one were kept for seven years and are gone.' }),
    last_no: z.int(),
    last_hash: hex.meta({ description: 'Write it down with `last_no`, elsewhere: `seen` asks for it later.' }),
    checked: z.int(),
    next_from: z.int().nullable().meta({ description: 'Where to go on; null: all is checked.' }),
    findings: z
      .array(
        z.object({
          no: z.int(),
          fault: z.enum([
            ...(['altered', 'unlinked', 'missing', 'misplaced', 'unsigned'] as const),
            ...(['end_missing', 'end_unsigned', 'total_differs', 'seen_differs'] as const),
          ]),
          meaning: z.string(),
        }),
      )
      .meta({ description: 'At most 100.' }),
  })
  .meta({ id: 'AuditVerified' });
