/** The text form of the section `insights` of a pack: findings that rules make of the answer of a view. Strict, as all of a pack. */
import { z } from 'zod';
import { NAME_SCHEMA } from '../view/view-schema.ts';

const insight = z.strictObject({
  title: z.string().max(200).optional(),
  description: z.string().max(2_000).optional(),
  /** Whom findings are about: each person, or nobody in particular. */
  of: z.enum(['person', 'all']).default('person'),
  /** Whose answer the rules look at; its parameters may name `subject`, the plain id of the person. */
  view: z.strictObject({ name: NAME_SCHEMA, params: z.record(NAME_SCHEMA, z.unknown()).default({}) }),
  /** An expression over `view`: a list of findings. */
  findings: z.string().max(4_000),
  /** Looked for so often without being asked; absent: when somebody reads. */
  every_s: z.int().min(60).max(86_400).optional(),
  /** What each finding is told as when it begins, once: an event of this pack. Texts may hold `${…}` over `finding` and `now`. */
  event: z.strictObject({ type: z.string().max(128), data: z.record(z.string().max(64), z.unknown()) }).optional(),
});

export const INSIGHTS_SCHEMA = z.record(NAME_SCHEMA, insight);

export type InsightSource = z.output<typeof insight>;

/** What a rule found, and how much it matters; one rule may find something of several things. */
const FINDING = z.strictObject({
  rule: z.string().min(1).max(64),
  /** Which of several things it is about; never a person's plain id. */
  about: z.string().max(128).default(''),
  rank: z.int().min(1).max(1_000).nullable().default(null),
  priority: z.number().nullable().default(null),
  level: z.string().max(32).nullable().default(null),
  category: z.string().max(64).nullable().default(null),
  title: z.string().max(200),
  message: z.string().max(1_000),
  evidence: z.json().default(null),
});

export const FINDINGS_SCHEMA = z.array(FINDING).max(100);

export type Finding = z.output<typeof FINDING>;
