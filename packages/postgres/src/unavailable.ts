/** Codes with which Postgres, Prisma or the system say that the database cannot be reached now. */
const CODES: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
  // Prisma: cannot reach, timed out, closed the connection, no connection of the pool, no transaction in time
  'P1001',
  'P1002',
  'P1008',
  'P1017',
  'P2024',
  'P2028',
  // Postgres: too many connections, shutting down, crashed, starting up
  '53300',
  '57P01',
  '57P02',
  '57P03',
]);

/** What node-postgres and its pool say without a code. */
const MESSAGES: ReadonlySet<string> = new Set([
  'Connection terminated',
  'Connection terminated due to connection timeout',
  'Connection terminated unexpectedly',
  'Query read timeout',
  'timeout exceeded when trying to connect',
]);

/** What Postgres says of a statement that it ended: its `statement_timeout` was over, or an operator cancelled it. */
const QUERY_CANCELED = '57014';

/** Whether an error of a store means that Postgres is away, rather than that something is wrong with us. */
export function isUnavailable(error: unknown): boolean {
  return anyCause(error, ({ message }, code) => (code === null ? MESSAGES.has(message) : CODES.has(code)));
}

/** Whether Postgres is there and gave a statement up because it took too long. */
export function isOverTime(error: unknown): boolean {
  return anyCause(error, (_, code) => code === QUERY_CANCELED);
}

function anyCause(error: unknown, is: (error: Error, code: string | null) => boolean): boolean {
  if (!(error instanceof Error)) return false;
  const code: unknown = Reflect.get(error, 'code');
  return is(error, typeof code === 'string' ? code : null) || anyCause(error.cause, is);
}
