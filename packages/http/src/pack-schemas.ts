/** Schemas of the routes of packs. */
import { z } from 'zod';

export const PACK_PARAMS = z.object({ pack: z.string().max(200) });

export const PACK_SUMMARY_SCHEMA = z.looseObject({ pack: z.string(), version: z.int(), title: z.string() }).meta({ id: 'PackSummary' });

export const PACKS_SCHEMA = z.object({ packs: z.array(PACK_SUMMARY_SCHEMA) });

export const PACK_REQUEST_SCHEMA = z
  .looseObject({})
  .meta({ id: 'Pack', description: 'A pack: the members of pack.yaml, as JSON or as YAML.' });

export const PACK_APPLIED_SCHEMA = z
  .object({
    pack: z.string(),
    version: z.int(),
    changed: z.boolean(),
    metrics: z.record(z.string(), z.int()),
    making: z.array(z.string()).meta({
      description: 'Metrics whose new version is made of raw events first; questions are answered from the one before until then.',
    }),
  })
  .meta({ id: 'PackApplied', description: '`changed` is false where the same pack was in place already.' });

const versionOrNone = z.int().nullable();
export const PACK_DIFF_SCHEMA = z
  .object({
    pack: z.string(),
    version: z.int(),
    changed: z.boolean(),
    metrics: z.array(
      z.object({
        metric: z.string(),
        change: z.enum(['same', 'new', 'changed', 'back', 'removed']).meta({ description: '`back`: to a version that is folded still.' }),
        from: versionOrNone.meta({ description: 'The version that questions are answered from now.' }),
        to: versionOrNone,
        making: z.boolean(),
        parts: z.array(z.string()).meta({ description: 'Members of the definition that differ.' }),
      }),
    ),
    events: z.array(z.object({ type: z.string(), change: z.enum(['new', 'changed', 'removed']), parts: z.array(z.string()) })),
  })
  .meta({ id: 'PackDiff' });

const previewedAnswer = z
  .object({
    version: versionOrNone.meta({ description: 'Null: it has none yet.' }),
    columns: z.array(z.looseObject({ name: z.string(), type: z.string() })),
    rows: z.array(z.array(z.unknown())),
  })
  .nullable();
export const PACK_PREVIEW_REQUEST_SCHEMA = z.object({
  pack: PACK_REQUEST_SCHEMA,
  metric: z.string().optional().meta({ description: 'Default: all metrics that the pack changes.' }),
  events: z.int().min(1).max(50_000).default(20_000).meta({ description: 'Newest raw events that are looked at, at most.' }),
});
export const PACK_PREVIEW_SCHEMA = z
  .object({
    pack: z.string(),
    metrics: z.array(
      z.object({
        metric: z.string(),
        events: z.int().meta({ description: 'Raw events that were folded.' }),
        grain: z.string().nullable(),
        old: previewedAnswer,
        new: previewedAnswer,
      }),
    ),
  })
  .meta({
    id: 'PackPreview',
    description: 'What the newest events give by the definition in place and by the new one; nothing is written.',
  });

export const MAKING_SCHEMA = z
  .array(
    z.object({
      metric: z.string(),
      version: z.int(),
      answered_version: z.int().nullable(),
      partitions: z.int(),
      partitions_done: z.int(),
      share: z.number().meta({ description: 'Of the raw events, roughly.' }),
    }),
  )
  .meta({ description: 'Metric versions of the tenant that are being made of raw events.' });

export const ROLLBACK_REQUEST_SCHEMA = z.strictObject({});

export const EVENT_TYPES_SCHEMA = z.object({
  event_types: z.array(
    z
      .object({
        event_type: z.string(),
        pack: z.string(),
        title: z.string(),
        subject: z.enum(['none', 'optional', 'required']),
        key: z.string().nullable().meta({ description: 'The field by which events without a subject stay in order.' }),
        aliases: z.array(z.string()),
        fields: z.array(
          z.looseObject({
            field: z.string(),
            type: z.string(),
            unit: z.string().nullable(),
            optional: z.boolean(),
            dimension: z.boolean(),
            values: z.array(z.string()).nullable(),
            action: z.string().meta({ description: 'What is kept of it: as it is, dropped, hashed, pseudonymised or sealed.' }),
            why: z
              .string()
              .nullable()
              .meta({ description: 'What it is kept for with the raw events: of one that feeds no figure, row or question.' }),
          }),
        ),
      })
      .meta({ id: 'EventType' }),
  ),
});

const eventTypeName = z
  .string()
  .max(128)
  .regex(/^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*$/, 'must be lower snake case words joined by dots');

export const EVENT_TYPE_PARAMS = z.object({ event_type: eventTypeName });

const eventTypeMembers = {
  fields: z
    .record(z.string(), z.looseObject({}))
    .meta({ description: 'As in a pack: type, bounds, values, unit, `dimension`, `sensitive`.' }),
  metrics: z
    .record(z.string(), z.looseObject({}))
    .optional()
    .meta({ description: 'Metrics over events of this type: `dimensions`, `measures`, and the other members of a metric of a pack.' }),
};

export const EVENT_TYPE_CHANGE_SCHEMA = z
  .looseObject(eventTypeMembers)
  .meta({ id: 'EventTypeChange', description: 'The whole definition; beside these the members of an event type of a pack.' });

export const EVENT_TYPE_DEFINITION_SCHEMA = z
  .looseObject({ event_type: eventTypeName, ...eventTypeMembers })
  .meta({ id: 'EventTypeDefinition' });

export const EVENT_TYPE_DEFINED_SCHEMA = z
  .object({ event_type: z.string(), ...PACK_APPLIED_SCHEMA.shape })
  .meta({ id: 'EventTypeDefined', description: 'In place in the pack of what the tenant defines; `version` is that of the pack.' });

const named = { pack: z.string(), title: z.string(), question: z.looseObject({ kind: z.string() }) };

export const FUNNELS_SCHEMA = z.object({ funnels: z.array(z.object({ funnel: z.string(), ...named }).meta({ id: 'NamedFunnel' })) });

export const EXPERIMENTS_SCHEMA = z.object({
  experiments: z.array(
    z
      .object({
        experiment: z.string(),
        ...named,
        variants: z.array(
          z.object({
            variant: z.string(),
            share: z.number().meta({ description: 'In percent, as it is meant.' }),
            is_control: z.boolean(),
          }),
        ),
      })
      .meta({ id: 'NamedExperiment' }),
  ),
});

const packName = z.string().regex(/^[a-z][a-z0-9_]{0,63}$/);
export const EXPERIMENT_PARAMS = z.object({ pack: packName, experiment: packName });
const text = z.string().max(16_384).optional();
const whole = z.coerce.number().int().optional();
/** The range and the receipt; what they may be is said by the question that they go into. */
export const EXPERIMENT_QUERY = z.strictObject({
  from: text.meta({ description: 'First moment that counts.' }),
  to: text.meta({ description: 'First moment that no longer counts.' }),
  last: text.meta({ description: 'Instead of from and to: such as 30d.' }),
  days: whole.meta({ description: 'Instead of from and to: so many dates up to the one of as_of.' }),
  as_of: text.meta({ description: 'What last and days look back from.' }),
  zone: text.meta({ description: 'IANA time zone; UTC when absent.' }),
  after: text.meta({ description: 'A receipt: wait until its events are counted.' }),
  wait_ms: whole,
});
export const ASSIGNMENT_QUERY = z.strictObject({
  subject: z.string().min(1).max(256).meta({ description: 'The plain id of a person.' }),
});
export const ASSIGNMENT_SCHEMA = z
  .object({ pack: z.string(), experiment: z.string(), variant: z.string(), bucket: z.int().meta({ description: '0 to 9999.' }) })
  .meta({ id: 'Assignment' });
