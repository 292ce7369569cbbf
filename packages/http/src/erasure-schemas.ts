import { z } from 'zod';
import { INSTANT_SCHEMA as instant } from './route-schemas.ts';

export const ERASURE_PARAMS = z.object({ id: z.uuid() });

export const SUBJECT_PARAMS = z.object({ pseudonym: z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 lower-case hex digits') });

export const NAMED_SUBJECT_SCHEMA = z
  .object({ pseudonym: z.string(), subject: z.string().meta({ description: 'The id of the person, as events have it.' }) })
  .meta({ id: 'NamedSubject' });

export const ERASURE_ASK_SCHEMA = z.strictObject({
  subject: z.string().min(1).max(256).meta({ description: 'The id of the person, as events have it.' }),
  confirm: z.literal(true).meta({ description: 'What is erased cannot be brought back.' }),
});

export const OWN_ERASURE_ASK_SCHEMA = z.strictObject({
  confirm: z.literal(true).meta({ description: 'What is erased cannot be brought back.' }),
});

const STATE = z.enum(['requested', 'erasing', 'erased', 'final']).meta({
  description:
    '`requested`: taken, nothing is gone yet. `erasing`: no event of the person is counted any more, and the key of what was sealed is gone. `erased`: nothing can be asked any more. `final`: the archive and the log hold nothing either.',
});

const PLACES = z.object({
  events: instant.nullable().meta({ description: 'Raw events, entities, figures, series.' }),
  originals: instant.nullable().meta({ description: 'Originals of refused events, and whoever signs in as the person.' }),
  cache: instant.nullable(),
  archive: instant.nullable().meta({ description: 'Done by `tidegate archive run`; null as well where nothing was ever archived.' }),
});

export const ERASURE_SCHEMA = z
  .object({
    request_id: z.uuid(),
    state: STATE,
    requested_at: instant,
    deadline: instant.meta({ description: '24 hours after the request.' }),
    erased_at: instant.nullable(),
    places: PLACES.meta({ description: 'When each was done.' }),
  })
  .meta({ id: 'Erasure' });

export const OWN_ERASURE_SCHEMA = z
  .object({ request_id: z.uuid(), status: STATE, requested_at: instant, completes_by: instant })
  .meta({ id: 'OwnErasure', description: 'The erasure of one’s own data.' });

export const CERTIFICATE_SCHEMA = z
  .object({
    request_id: z.uuid(),
    subject: z.string().meta({
      description:
        'The pseudonym: nobody can make the id of it. The tenant can make it of the id again, so that later events can be refused.',
    }),
    requested_at: instant,
    erased_at: instant.meta({ description: 'From when on nothing can be asked any more.' }),
    final_at: instant.nullable().meta({ description: 'From when on the log holds nothing either; null: the archive is yet to be done.' }),
    places: PLACES,
    removed: z.record(z.string(), z.int()).meta({ description: 'How much of what was taken away.' }),
    kept: z.array(z.string()).meta({ description: 'What stays, and why.' }),
    figures_before: instant.nullable().meta({
      description:
        'Raw events that occurred before it were gone already: what they had added to figures of many stays there. Null: none were.',
    }),
  })
  .meta({ id: 'ErasureCertificate' });
