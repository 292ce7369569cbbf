import { z } from 'zod';
import { INSTANT_SCHEMA, PROBLEM_SCHEMA } from './route-schemas.ts';

/** What questions are answered with. */

const answerScalar = z.union([z.string(), z.number(), z.boolean(), z.null()]);

/** A column of type `top_k` holds lists of the one, a column of type `histogram` lists of the other. */
const answerValue = z.union([
  answerScalar,
  z.array(z.strictObject({ value: answerScalar, count: z.int(), error: z.int() })),
  z.array(z.strictObject({ from: answerScalar, to: answerScalar, count: z.int() })),
]);

export const ANSWER_SCHEMA = z
  .object({
    columns: z.array(z.object({ name: z.string(), type: z.string(), unit: z.string().optional() })),
    rows: z.array(z.array(answerValue)),
    next_cursor: z.string().nullable(),
    meta: z.looseObject({
      complete_through: INSTANT_SCHEMA.nullable(),
      lag_ms: z.number().nullable(),
      status: z.enum(['current', 'catching_up', 'stalled', 'incomplete']),
      read_from: z
        .enum(['replica'])
        .optional()
        .meta({ description: 'The rows are of a replica of Postgres, some seconds old at most. Absent: of the primary, or kept from it.' }),
      archive: z
        .object({
          files: z.int().meta({ description: 'Files of the archive that were opened.' }),
          bytes: z.int().meta({ description: 'What they have together, as they are stored.' }),
          events: z.int().meta({ description: 'Events that were taken from them, those among them that are raw rows too.' }),
        })
        .optional()
        .meta({ description: 'Part of what it was made of lies in the archive. Absent: none of it.' }),
      over_budget: z.array(z.string()).optional().meta({
        description:
          'Dimensions that group_by or where name, of which some day of the range had more values than its budget: those beyond it are counted under `_other`.',
      }),
    }),
  })
  .meta({ id: 'Answer' });

export const KEPT_ANSWER_SCHEMA = ANSWER_SCHEMA.extend({
  meta: z.looseObject({ metric_version: z.int().optional(), revision: z.int().optional(), grain: z.string().nullable(), zone: z.string() }),
}).meta({ id: 'KeptAnswer' });

export const BATCH_ANSWERS_SCHEMA = z
  .object({
    answers: z.array(
      z.union([
        z.object({ status: z.literal(200), answer: ANSWER_SCHEMA }),
        z.object({ status: z.int(), problem: PROBLEM_SCHEMA, retry_after_s: z.int().optional() }),
      ]),
    ),
  })
  .meta({ id: 'BatchAnswers' });
