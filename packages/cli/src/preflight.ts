import type { Environment } from './terminal.ts';

/** One thing to hold before the first real event. `unseen`: no program can tell from here, a person has to. */
export interface Finding {
  readonly check: string;
  readonly state: 'ok' | 'wrong' | 'unseen';
  /** What to do; empty where it is well. */
  readonly advice: string;
}

interface Check {
  readonly check: string;
  readonly advice: string;
  /** Null: it cannot be seen. */
  readonly holds: (env: Environment) => boolean | null;
}

const SECRET_BYTES_MIN = 32;
const ENCRYPTED = new Set(['require', 'verify-ca', 'verify-full']);

/** The ten items of a start in production, and what a secret of its own each of our stores adds to them. */
const CHECKS: readonly Check[] = [
  { check: 'debug is off', advice: 'Set DEBUG=False.', holds: ({ DEBUG }) => !/^(true|1|yes)$/i.test(DEBUG ?? '') },
  { check: 'ENVIRONMENT is production', advice: 'Set ENVIRONMENT=production.', holds: ({ ENVIRONMENT }) => ENVIRONMENT === 'production' },
  ...['SECRET_KEY', 'PSEUDONYM_SECRET', 'FIELD_KEYS'].map((name) => ({
    check: `${name} is long enough and drawn by lot`,
    advice: `Set ${name} to the output of: openssl rand -base64 32`,
    holds: (env: Environment) => isStrong(env[name], env[`${name}_FILE`]),
  })),
  {
    check: 'callers come by HTTPS',
    advice: 'Set TIDEGATE_GATEWAY to the address that callers use: it begins with https://.',
    holds: ({ TIDEGATE_GATEWAY: gateway }) => (gateway === undefined ? null : gateway.startsWith('https://')),
  },
  {
    check: 'limits are on',
    advice: 'Set RATE_LIMIT_ENABLED=true.',
    holds: ({ RATE_LIMIT_ENABLED }) => !/^(false|0|no)$/i.test(RATE_LIMIT_ENABLED ?? ''),
  },
  {
    check: 'the way to Postgres is encrypted',
    advice: 'Add ?sslmode=verify-full&sslrootcert=… (at least sslmode=require) to DATABASE_URL.',
    holds: ({ DATABASE_URL }) => (DATABASE_URL === undefined ? null : ENCRYPTED.has(parameterOf(DATABASE_URL, 'sslmode') ?? '')),
  },
  {
    check: 'the way to Kafka is encrypted',
    advice: 'Set KAFKA_TLS=true.',
    holds: ({ KAFKA_BROKERS, KAFKA_TLS }) => (KAFKA_BROKERS === undefined ? null : /^(true|1|yes)$/i.test(KAFKA_TLS ?? '')),
  },
  {
    check: 'the way to Redis is encrypted',
    advice: 'Begin REDIS_URL with rediss://, or set REDIS_SSL=true.',
    holds: ({ REDIS_URL, REDIS_SSL }) =>
      REDIS_URL === undefined ? null : REDIS_URL.startsWith('rediss://') || /^(true|1|yes)$/i.test(REDIS_SSL ?? ''),
  },
  ...[
    ['the disks of Postgres, Kafka and backups are encrypted', 'Ask who keeps them.'],
    ['web pages that may ask are named, each by its origin', 'See what stands before the gateway: it sends no header that lets all in.'],
    ['access to data is written down and read by somebody', 'Say who reads the log, and how often.'],
    ['who may do what was looked through', 'tidegate keys list, for each tenant.'],
    ['somebody is told of alerts', 'infra/alerts are loaded, and a test alert reached somebody.'],
    ['an audit of security was made', 'Say when and by whom.'],
  ].map(([check = '', advice = '']) => ({ check, advice, holds: () => null })),
];

/** Goes through all checks with the environment that the services would have. No value of it is repeated. */
export function readPreflight(env: Environment): readonly Finding[] {
  return CHECKS.map(({ check, advice, holds }) => {
    const held = holds(env);
    if (held === null) return { check, state: 'unseen', advice };
    return held ? { check, state: 'ok', advice: '' } : { check, state: 'wrong', advice };
  });
}

/** A secret in a file cannot be judged by its name. One of few different characters was typed, not drawn. */
function isStrong(value: string | undefined, file: string | undefined): boolean | null {
  if (value === undefined || value === '') return file === undefined || file === '' ? false : null;
  const distinct = new Set(value).size;
  return Buffer.byteLength(value) >= SECRET_BYTES_MIN && distinct >= 12 && !/change.?me|secret|password|example|default/i.test(value);
}

function parameterOf(url: string, name: string): string | null {
  return URL.canParse(url) ? new URL(url).searchParams.get(name) : null;
}
