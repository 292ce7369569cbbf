import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '@tidegate/native';
import { createScratchDatabase, type ScratchDatabase } from '@tidegate/postgres/scratch';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parse } from 'yaml';

// What the exporter of the example in k8s/dependencies asks of Postgres about its statements.
interface Asked {
  readonly query: string;
  readonly metrics: readonly Readonly<Record<string, { readonly usage: string }>>[];
}

const { data } = parse(readFileSync(join(repositoryRoot, 'k8s/dependencies/cloudnative-pg/queries.yaml'), 'utf8')) as {
  readonly data: { readonly queries: string };
};
const queries = Object.values(parse(data.queries) as Readonly<Record<string, Asked>>);
let database: ScratchDatabase;

beforeAll(async () => {
  database = await createScratchDatabase();
  await database.query('CREATE EXTENSION pg_stat_statements');
});
afterAll(async () => database?.drop());

it('Postgres understands each query, and it gives the columns that are exported', async () => {
  expect(queries.length).toBeGreaterThan(0);
  for (const { query, metrics } of queries) {
    // The library that counts is loaded at the start of a server alone: the plan needs its view, not its figures.
    const [row] = await database.query<{ 'QUERY PLAN': readonly { Plan: { Output: readonly string[] } }[] }>(
      `EXPLAIN (VERBOSE, FORMAT JSON) ${query}`,
    );
    const [plan] = row?.['QUERY PLAN'] ?? [];
    expect(plan?.Plan.Output).toHaveLength(metrics.length);
    await database.query(`CREATE VIEW asked AS ${query}`);
    const names = await database.query<{ name: string }>(
      "SELECT column_name AS name FROM information_schema.columns WHERE table_name = 'asked' ORDER BY ordinal_position",
    );
    expect(names.map(({ name }) => name)).toEqual(metrics.flatMap((metric) => Object.keys(metric)));
    await database.query('DROP VIEW asked');
  }
});
