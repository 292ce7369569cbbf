/** Codes with which Postgres, the pool or the system say that the database cannot be reached now. */
const UNAVAILABLE: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ETIMEDOUT',
  'EPIPE',
  'ENOTFOUND',
  // Prisma: cannot reach, timed out, closed the connection, no connection of the pool, no transaction in time
  'P1001',
  'P1002',
  'P1008',
  'P1017',
  'P2024',
  'P2028',
  // Postgres: shutting down, crashed, starting up
  '57P01',
  '57P02',
  '57P03',
]);

/** Whether an error of the control store means that Postgres is away, rather than that something is wrong with us. */
export function isUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code: unknown = Reflect.get(error, 'code');
  if (typeof code === 'string' && UNAVAILABLE.has(code)) return true;
  return error.cause !== undefined && isUnavailable(error.cause);
}
