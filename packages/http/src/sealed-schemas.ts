/** What the query service asks ingest: to open sealed values of one person, and how old persons are on a day. */
import { z } from 'zod';

/** Of a page of a view. */
export const OPENED_VALUES_MAX = 2_000;

export const OPEN_REQUEST_SCHEMA = z.strictObject({
  /** The pseudonym. */
  subject: z.string().min(1).max(128),
  values: z
    .array(
      z.strictObject({
        /** Event types that the value may have come with. */
        types: z.array(z.string().max(200)).min(1).max(100),
        field: z.string().max(129),
        value: z.string().max(1_000_000),
      }),
    )
    .max(OPENED_VALUES_MAX),
});

export const OPENED_SCHEMA = z.strictObject({
  /** `gone`: the person has no key, so no value of theirs can be opened ever again. */
  key: z.enum(['there', 'gone', 'unreadable']),
  /** JSON texts; null: it does not open. */
  values: z.array(z.string().nullable()),
});

export type OpenRequest = z.output<typeof OPEN_REQUEST_SCHEMA>;
export type OpenedValues = z.output<typeof OPENED_SCHEMA>;

/** So many take ingest a few milliseconds. */
export const AGES_MAX = 250;

export const AGES_REQUEST_SCHEMA = z.strictObject({
  /** Event types that the dates may have come with, and their field. */
  types: z.array(z.string().max(200)).min(1).max(100),
  field: z.string().max(129),
  on: z.iso.date(),
  /** Each the pseudonym, and the date of birth as it was sealed. */
  persons: z.array(z.strictObject({ subject: z.string().min(1).max(128), value: z.string().max(1_000) })).max(AGES_MAX),
});

export const AGES_SCHEMA = z.strictObject({
  /** In order. Null: there is no age, for the key is destroyed or the person was not born yet. */
  ages: z.array(z.union([z.int(), z.literal('unreadable')]).nullable()),
});

export type AgesRequest = z.output<typeof AGES_REQUEST_SCHEMA>;
export type ToldAges = z.output<typeof AGES_SCHEMA>['ages'];
