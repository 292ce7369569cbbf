import { randomBytes } from 'node:crypto';
import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { readPreflight } from './preflight.ts';
import { runProgram } from './program.ts';

const drawn = (): string => randomBytes(32).toString('base64');
const GOOD: Readonly<Record<string, string>> = {
  DEBUG: 'False',
  ENVIRONMENT: 'production',
  SECRET_KEY: drawn(),
  PSEUDONYM_SECRET: drawn(),
  FIELD_KEYS: drawn(),
  TIDEGATE_GATEWAY: 'https://events.example.org',
  DATABASE_URL: 'postgres://tidegate@db:5432/tidegate?sslmode=verify-full',
  KAFKA_BROKERS: 'kafka:9093',
  KAFKA_TLS: 'true',
  REDIS_URL: 'rediss://redis:6379',
};

const wrongOf = (env: Readonly<Record<string, string>>): readonly string[] =>
  readPreflight(env)
    .filter(({ state }) => state === 'wrong')
    .map(({ check }) => check);

async function run(env: Readonly<Record<string, string>>, flags: readonly string[] = [], ask?: typeof fetch) {
  let [out, err] = ['', ''];
  const code = await runProgram(['preflight', ...flags], {
    env,
    stdin: new PassThrough(),
    stdout: { write: (text) => (out += text) },
    stderr: { write: (text) => (err += text) },
    ...(ask === undefined ? {} : { fetch: ask }),
  });
  return { code, out, err };
}

test('an environment made for production passes, and what no program can see is left to people by name', async () => {
  expect(wrongOf(GOOD)).toEqual([]);
  const { code, out, err } = await run(GOOD);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(out.match(/^\? /gm)).toHaveLength(7);
  expect(out).toContain('? web pages that may ask are named');
});

test.each([
  ['DEBUG', 'true', 'debug is off'],
  ['ENVIRONMENT', 'staging', 'ENVIRONMENT is production'],
  // 31 bytes.
  ['SECRET_KEY', 'abcdefghijklmnopqrstuvwxyz01234', 'SECRET_KEY is long enough and drawn by lot'],
  ['SECRET_KEY', 'a'.repeat(40), 'SECRET_KEY is long enough and drawn by lot'],
  ['PSEUDONYM_SECRET', 'please-change-me-before-you-go-live-0123', 'PSEUDONYM_SECRET is long enough and drawn by lot'],
  ['FIELD_KEYS', '', 'FIELD_KEYS is long enough and drawn by lot'],
  ['TIDEGATE_GATEWAY', 'http://events.example.org', 'callers come by HTTPS'],
  ['RATE_LIMIT_ENABLED', 'False', 'limits are on'],
  ['ENABLE_AUDIT', 'False', 'accesses to data are written down'],
  ['DATABASE_URL', 'postgres://tidegate@db:5432/tidegate?sslmode=prefer', 'the way to Postgres is encrypted'],
  ['KAFKA_TLS', 'false', 'the way to Kafka is encrypted'],
  ['REDIS_URL', 'redis://redis:6379', 'the way to Redis is encrypted'],
])('%s=%s is seen', (name, value, check) => {
  expect(wrongOf({ ...GOOD, [name]: value })).toEqual([check]);
});

test('what is wrong ends the command with 1, says what to do, and repeats no value', async () => {
  const weak = 'hidden-word-hidden-word-hidden-word';
  const { code, out, err } = await run({ ...GOOD, SECRET_KEY: weak, DEBUG: 'True' });
  expect(code).toBe(1);
  expect(err).toBe('2 of 18 are wrong.\n');
  expect(out).toContain('✗ debug is off: Set DEBUG=False.');
  expect(out).toContain('openssl rand -base64 32');
  expect(out).not.toContain('hidden-word');
});

test.each([
  [['https://app.example.com'], 0],
  [[], 0],
  [['*'], 1],
  [['https://app.example.com', 'http://app.example.com'], 1],
])('with a key the gateway is asked whom it lets read: %j', async (origins, code) => {
  const asked: string[] = [];
  const answer: typeof fetch = async (input) => {
    asked.push(input instanceof Request ? input.url : String(input));
    return Response.json({ origins });
  };
  const ran = await run({ ...GOOD, TIDEGATE_API_KEY: 'tg_live_key' }, [], answer);
  expect({ code: ran.code, asked }).toEqual({ code, asked: ['https://events.example.org/v1/admin/origins'] });
  expect(ran.out).toContain(`${code === 0 ? '✓' : '✗'} web pages that may ask are named, each by its origin`);
});

test('secrets in files are left to the services, which refuse weak ones at start', () => {
  const { SECRET_KEY: _, ...without } = GOOD;
  expect(readPreflight({ ...without, SECRET_KEY_FILE: '/run/secrets/key' })[2]?.state).toBe('unseen');
});
