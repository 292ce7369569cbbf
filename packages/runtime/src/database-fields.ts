import type { ConfigField } from './config.ts';
import { ConfigError } from './config.ts';
import { text } from './text-schema.ts';

const NO_URL = 'none';

type Pooler = 'none' | 'transaction';

/** Where Postgres is: spread them all into the `defineConfig` of a service that uses it. */
export const databaseFields = {
  databaseUrl: {
    env: 'DATABASE_URL',
    schema: text.url(['postgres', 'postgresql']).or(text.choice([NO_URL])),
    default: NO_URL,
    description:
      "Postgres, with this service's own role; `?sslmode=verify-full&sslrootcert=<file>` for TLS. It wins over `DB_HOST` and the other parts; `none`: they say where Postgres is.",
    secret: true,
  } satisfies ConfigField<string>,
  databaseHost: {
    env: 'DB_HOST',
    schema: text.maybe(),
    default: '',
    description: 'Host of Postgres.',
  } satisfies ConfigField<string>,
  databasePort: { env: 'DB_PORT', schema: text.port(), default: '5432', description: 'Port of Postgres.' } satisfies ConfigField<number>,
  databaseName: {
    env: 'DB_NAME',
    schema: text.line(),
    default: 'tidegate',
    description: 'Name of the database.',
  } satisfies ConfigField<string>,
  databaseUser: {
    env: 'DB_USER',
    schema: text.line(),
    default: 'tidegate',
    description: 'Login role of this service.',
  } satisfies ConfigField<string>,
  databasePassword: {
    env: 'DB_PASSWORD',
    schema: text.maybe(),
    default: '',
    description: 'Password of that role; empty: none.',
    secret: true,
  } satisfies ConfigField<string>,
  databasePooler: {
    env: 'DATABASE_POOLER',
    schema: text.choice(['none', 'transaction']),
    default: 'none',
    description:
      'transaction: there is a pooler of transactions (PgBouncer) at that address; role and time limits then go along with each transaction. none: Postgres itself, or a pooler of sessions.',
  } satisfies ConfigField<Pooler>,
} as const;

/** Values of `databaseFields`. */
export interface DatabaseSettings {
  readonly databaseUrl: string;
  readonly databaseHost: string;
  readonly databasePort: number;
  readonly databaseName: string;
  readonly databaseUser: string;
  readonly databasePassword: string;
  readonly databasePooler: Pooler;
}

/** For the pools of a service. @throws ConfigError as `databaseUrlOf` */
export function databaseTarget(settings: DatabaseSettings): { readonly databaseUrl: string; readonly pooler: Pooler } {
  return { databaseUrl: databaseUrlOf(settings), pooler: settings.databasePooler };
}

/**
 * The URL where there is one, else one made of its parts.
 * @throws ConfigError where there is neither a URL nor a host: a database that nobody named must not be written to
 */
export function databaseUrlOf(settings: DatabaseSettings): string {
  if (settings.databaseUrl !== NO_URL) return settings.databaseUrl;
  const { databaseHost: host, databasePort: port, databaseName: name, databaseUser: user, databasePassword: password } = settings;
  if (host === '') throw new ConfigError('database', [{ env: 'DATABASE_URL', problem: 'is not set (nor are DATABASE_URL_FILE, DB_HOST)' }]);
  const login = encodeURIComponent(user) + (password === '' ? '' : `:${encodeURIComponent(password)}`);
  // An IPv6 address stands in brackets, so that its colons are not taken for the port's.
  const place = host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
  return `postgres://${login}@${place}:${port}/${encodeURIComponent(name)}`;
}

/** Where Postgres itself is, for what cannot go through a pooler of transactions: sessions that hold something. */
export const directDatabaseField = {
  databaseDirectUrl: {
    env: 'DATABASE_DIRECT_URL',
    schema: text.url(['postgres', 'postgresql']).or(text.choice([NO_URL])),
    default: NO_URL,
    description:
      'Postgres without a pooler of transactions in between, for the job queues of ingest and query and for the gateway, which listens for changes; `none`: `DATABASE_URL` is that already.',
    secret: true,
  } satisfies ConfigField<string>,
} as const;

/** @throws ConfigError as `databaseUrlOf`, and where there is a pooler and no way past it */
export function directDatabaseUrlOf(settings: DatabaseSettings & { readonly databaseDirectUrl: string }): string {
  if (settings.databaseDirectUrl !== NO_URL) return settings.databaseDirectUrl;
  if (settings.databasePooler === 'none') return databaseUrlOf(settings);
  throw new ConfigError('database', [
    { env: 'DATABASE_DIRECT_URL', problem: 'is not set, but DATABASE_POOLER is: sessions need a way past it' },
  ]);
}
