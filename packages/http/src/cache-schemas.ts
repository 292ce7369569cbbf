/** Figures of kept answers, and what drops them. */
import { z } from 'zod';
import { INSTANT_SCHEMA } from './route-schemas.ts';

const CLASS = z.string().regex(/^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$/, 'pack.class');
const NAME = z.string().min(1).max(300);

export const CACHE_QUERY = z.object({
  key: NAME.optional().meta({ description: 'Figures of this name alone; plain ids in it are translated.' }),
  class: CLASS.optional(),
  days: z.coerce.number().int().min(1).max(90).default(14),
});

export const CACHE_RESET_SCHEMA = z.strictObject({ key: NAME.optional().meta({ description: 'Of this name alone.' }) });

export const CACHE_DROP_SCHEMA = z
  .strictObject({
    class: CLASS.optional(),
    key: NAME.optional().meta({ description: 'One name; plain ids in it are translated.' }),
    pattern: NAME.optional().meta({ description: 'Names, with `*` for any text.' }),
    subject: z.string().min(1).max(256).optional().meta({ description: 'All that was asked about a person: the plain id.' }),
  })
  .refine((asked) => Object.values(asked).filter((value) => value !== undefined).length === 1, {
    message: 'name one of class, key, pattern and subject',
  });

const LOOK_UPS = {
  hits: z.int(),
  misses: z.int(),
  total: z.int(),
  hit_rate: z.number().meta({ description: 'Percent, two decimals; 0 of nothing.' }),
};
const RATES = z.object({
  ...LOOK_UPS,
  errors: z.int(),
  error_rate: z.number(),
  writes: z.int(),
  invalidations: z.int().meta({ description: 'Misses whose answer was there and had changed.' }),
  evictions: z.int().meta({ description: 'Misses whose answer was gone before its time.' }),
});

const STATS = z.object({
  overall: RATES,
  by_class: z.record(z.string(), RATES),
  by_key: z.record(z.string(), RATES).meta({ description: 'The 1,000 busiest; persons and things show as their pseudonyms.' }),
});

export const CACHE_STATS_SCHEMA = z.union([STATS, RATES.extend({ key: z.string() })]);

export const CACHE_SCHEMA = STATS.extend({
  classes: z.array(
    z.object({
      class: z.string(),
      ttl_s: z.number().meta({ description: 'In force; 0: answers are not kept.' }),
      max_staleness_s: z.number(),
      env: z.string().nullable(),
      hit_aim_pct: z.number().nullable(),
    }),
  ),
  history: z.array(RATES.extend({ class: z.string(), hour: INSTANT_SCHEMA })).meta({ description: 'By hour, oldest first.' }),
});

export const CACHE_RESET_DONE_SCHEMA = z.object({ reset: z.literal(true), key: z.string().nullable() });

export const CACHE_DROPPED_SCHEMA = z.object({
  dropped: z.int().meta({ description: 'Marks removed: answers under them are made anew.' }),
});

export const CACHE_KEYS_SCHEMA = z.object({
  patterns: z.array(
    z.object({
      class: z.string(),
      pattern: z.string(),
      entries: z.int(),
      bytes: z.int(),
      declared: z.boolean().meta({ description: 'False: no pack has this class any more.' }),
    }),
  ),
  is_cut: z.boolean(),
});

export const CACHE_ADVICE_SCHEMA = z.object({
  days: z.int(),
  classes: z.array(
    z.object({
      class: z.string(),
      ttl_s: z.number(),
      hit_aim_pct: z.number(),
      ...LOOK_UPS,
      changes_per_hour: z.number(),
      evictions: z.int(),
      keys: z.int(),
      advice: z.enum(['keep', 'longer', 'shorter', 'memory first']),
      advised_ttl_s: z.number(),
    }),
  ),
});
