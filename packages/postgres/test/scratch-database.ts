import { randomBytes } from 'node:crypto';
import { testServers } from '@tidegate/testkit';
import pg from 'pg';

export interface ScratchDatabase {
  readonly url: string;
  query<Row extends pg.QueryResultRow>(text: string, values?: readonly unknown[]): Promise<Row[]>;
  drop(): Promise<void>;
}

/** An empty database of a random name on the test server. */
export async function createScratchDatabase(): Promise<ScratchDatabase> {
  const { databaseUrl } = testServers();
  const name = `tidegate_test_${randomBytes(6).toString('hex')}`;
  await once(databaseUrl, `CREATE DATABASE ${name}`);
  const url = Object.assign(new URL(databaseUrl), { pathname: `/${name}` }).toString();
  const pool = new pg.Pool({ connectionString: url, max: 1 });
  // Dropping the database ends its idle sessions; that is meant.
  pool.on('error', () => undefined);
  return {
    url,
    query: async <Row extends pg.QueryResultRow>(text: string, values: readonly unknown[] = []) =>
      (await pool.query<Row>(text, [...values])).rows,
    drop: async () => {
      await pool.end();
      await once(databaseUrl, `DROP DATABASE ${name} WITH (FORCE)`);
    },
  };
}

async function once(databaseUrl: string, text: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query(text);
  } finally {
    await client.end();
  }
}
