/** Funnels and experiments that a pack gives a name: questions without their range, which whoever asks gives. */
import { z } from 'zod';
import { EXPERIMENT_SCHEMA, FUNNEL_SCHEMA } from '../query/journeys/journey-question.ts';

export const WEIGHTS_TOTAL = 10_000;

const name = z
  .string()
  .max(64)
  .regex(/^[a-z][a-z0-9_]*$/, 'must be lower snake case: a letter, then letters, digits or _');
const title = z.string().max(200).optional();

const { steps, window_s: funnelWindowS, breakdown } = FUNNEL_SCHEMA.shape;
export const FUNNELS_SCHEMA = z.record(name, z.strictObject({ title, steps, window_s: funnelWindowS, breakdown }));

const { exposed, variant, control, goal, window_s: goalWindowS } = EXPERIMENT_SCHEMA.shape;
const weights = z
  .record(z.string().min(1).max(100), z.int().min(0).max(WEIGHTS_TOTAL))
  .refine((given) => Object.values(given).reduce((sum, weight) => sum + weight, 0) === WEIGHTS_TOTAL, {
    message: `must come to ${WEIGHTS_TOTAL}, which is all`,
  });
export const EXPERIMENTS_SCHEMA = z.record(
  name,
  z
    .strictObject({ title, exposed, variant, control, goal, window_s: goalWindowS, weights })
    .refine((one) => Object.hasOwn(one.weights, one.control), { message: 'is none of the variants that weights names', path: ['control'] }),
);

export type FunnelsSource = z.output<typeof FUNNELS_SCHEMA>;
export type ExperimentsSource = z.output<typeof EXPERIMENTS_SCHEMA>;

export interface NamedJourney {
  readonly pack: string;
  readonly name: string;
  readonly title: string;
  /** As `POST /v1/query` takes it, once it has a range. */
  readonly question: Readonly<Record<string, unknown>>;
}

interface Journeys {
  readonly pack: string;
  readonly funnels?: FunnelsSource | undefined;
  readonly experiments?: ExperimentsSource | undefined;
}

export function namedFunnels({ pack, funnels = {} }: Journeys): readonly NamedJourney[] {
  return Object.entries(funnels).map(([funnel, source]) => toNamed(pack, funnel, { kind: 'funnel', ...source }));
}

export function namedExperiments({ pack, experiments = {} }: Journeys): readonly NamedJourney[] {
  return Object.entries(experiments).map(([experiment, source]) => toNamed(pack, experiment, { kind: 'experiment', ...source }));
}

function toNamed(pack: string, name: string, source: { readonly title?: string | undefined; readonly kind: string }): NamedJourney {
  const { title: told, ...question } = source;
  return { pack, name, title: told ?? name, question };
}

/**
 * The variant of a bucket, 0 to 9,999: variants by their names, each as many buckets as its weight. So a person keeps the variant
 * for as long as names and weights stay, whoever asks and in whatever order the pack has them.
 */
export function variantOf(bucket: number, given: Readonly<Record<string, number>>): string | null {
  let end = 0;
  for (const [variantName, weight] of Object.entries(given).toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    end += weight;
    if (bucket < end) return variantName;
  }
  return null;
}
