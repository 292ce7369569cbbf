/** How long kept answers live: all lifetimes that the installation may set, in one place. */
import { text } from '@tidegate/runtime';
import { z } from 'zod';

const SECONDS_MAX = 604_800;

function ttlField(env: string, what: string) {
  return {
    env,
    schema: z.union([z.literal('').transform(() => null), text.integer({ min: 1, max: SECONDS_MAX })]),
    default: '',
    description: `Seconds that kept answers of ${what} live, instead of what the pack says.`,
  };
}

/** Classes of packs name these; a class that names none is set by `CACHE_TTLS`. */
export const lifetimeFields = {
  isCacheOn: {
    env: 'ENABLE_REDIS_CACHE',
    schema: text.flag(),
    default: 'true',
    description: 'False: every answer is made from Postgres, and none is kept.',
  },
  ttlPatient: ttlField('CACHE_TTL_PATIENT', 'patients'),
  ttlPractice: ttlField('CACHE_TTL_PRACTICE', 'practices as a whole'),
  ttlLearning: ttlField('CACHE_TTL_LEARNING', 'learners'),
  ttlRiskScore: ttlField('CACHE_TTL_RISK_SCORE', 'risk scores'),
  ttlClaim: ttlField('CACHE_TTL_CLAIM', 'claims'),
  ttlPayer: ttlField('CACHE_TTL_PAYER', 'payers'),
  ttlRemittance: ttlField('CACHE_TTL_REMITTANCE', 'remittances'),
  ttlEpisode: ttlField('CACHE_TTL_EPISODE', 'episodes'),
  ttlProvider: ttlField('CACHE_TTL_PROVIDER', 'providers'),
  ttlPracticeConfig: ttlField('CACHE_TTL_PRACTICE_CONFIG', 'settings of practices'),
  ttlInsights: ttlField('REDIS_CACHE_EXPIRE_INSIGHTS', 'recommendations'),
  ttlMetrics: ttlField('REDIS_CACHE_EXPIRE_METRICS', 'summaries of metrics'),
  ttlsByClass: {
    env: 'CACHE_TTLS',
    schema: z
      .string()
      .transform((value) => value.split(',').filter((part) => part.trim() !== ''))
      .pipe(
        z.array(
          z
            .string()
            .trim()
            .regex(/^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*=\d{1,6}$/, 'must be pack.class=seconds, comma separated'),
        ),
      )
      .transform((parts) => new Map(parts.map((part) => [part.split('=')[0] ?? '', Number(part.split('=')[1])])))
      .refine((ttls) => [...ttls.values()].every((seconds) => seconds >= 1 && seconds <= SECONDS_MAX), {
        message: `each lifetime must be a whole number of seconds from 1 to ${SECONDS_MAX}`,
      }),
    default: '',
    description:
      'Lifetimes of any classes of packs, such as `marb.claim=600,studyin.application=5`, instead of what packs and other variables say.',
  },
} as const;
