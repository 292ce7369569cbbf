import { isWeakSecret } from '@tidegate/runtime';
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
  readonly holds: (env: Environment, asked: Asked) => boolean | null;
}

/** What a running gateway said, and what the machine shows. */
export interface Asked {
  /** Pages that may read answers of the tenant of the key; null: nobody was asked. */
  readonly origins: readonly string[] | null;
  /** Whether data lie on a disk that is encrypted; null: nobody looked, or it cannot be seen. */
  readonly isDiskEncrypted: true | null;
}

const NOTHING_ASKED: Asked = { origins: null, isDiskEncrypted: null };

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
    check: 'accesses to data are written down',
    advice: 'Set ENABLE_AUDIT=true.',
    holds: ({ ENABLE_AUDIT }) => !/^(false|0|no)$/i.test(ENABLE_AUDIT ?? ''),
  },
  {
    check: 'web pages that may ask are named, each by its origin',
    advice:
      'Name them by https:// and no *: POST /v1/admin/origins of each tenant. TIDEGATE_GATEWAY and a key with tenant:admin let it be seen.',
    holds: (_env, { origins }) => (origins === null ? null : origins.every((origin) => origin.startsWith('https://'))),
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
  {
    check: 'the disk of the data is encrypted',
    advice:
      '--data names the folder of Postgres on the machine where it runs; of volumes of a cloud ask who keeps them (docs/operations/safeguards.md).',
    holds: (_env, { isDiskEncrypted }) => isDiskEncrypted,
  },
  ...[
    ['the disks of Postgres, Kafka and backups are encrypted', 'Ask who keeps them.'],
    ['what is written down of accesses is read by somebody', 'Say who reads it, and how often: tidegate audit.'],
    ['who may do what was looked through', 'tidegate keys list, for each tenant.'],
    ['somebody is told of alerts', 'infra/alerts are loaded, and a test alert reached somebody.'],
    ['an audit of security was made', 'Say when and by whom.'],
  ].map(([check = '', advice = '']) => ({ check, advice, holds: () => null })),
];

/** Goes through all checks with the environment that the services would have. No value of it is repeated. */
export function readPreflight(env: Environment, asked: Asked = NOTHING_ASKED): readonly Finding[] {
  return CHECKS.map(({ check, advice, holds }) => {
    const held = holds(env, asked);
    if (held === null) return { check, state: 'unseen', advice };
    return held ? { check, state: 'ok', advice: '' } : { check, state: 'wrong', advice };
  });
}

/** A secret in a file is judged by the service that reads it. */
function isStrong(value: string | undefined, file: string | undefined): boolean | null {
  if (value === undefined || value === '') return file === undefined || file === '' ? false : null;
  return !value.split(',').some(isWeakSecret);
}

function parameterOf(url: string, name: string): string | null {
  return URL.canParse(url) ? new URL(url).searchParams.get(name) : null;
}
