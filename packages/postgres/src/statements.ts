import { readdirSync, readFileSync } from 'node:fs';
import type pg from 'pg';

const folder = new URL('../sql/', import.meta.url);

/** Every statement of `sql/`, by file name without its ending; read once, when the module is loaded. */
const statements: ReadonlyMap<string, string> = new Map(
  readdirSync(folder)
    .filter((name) => name.endsWith('.sql'))
    .map((name) => [name.slice(0, -'.sql'.length), readFileSync(new URL(name, folder), 'utf8')]),
);

const names = new Map([...statements].map(([name, text]) => [text, name]));
// The words of transactions have no file.
for (const word of ['BEGIN', 'COMMIT', 'ROLLBACK']) names.set(word, word.toLowerCase());

/** The name under which a statement is counted. Bounded: what is not of `sql/` (Prisma makes its own) is `other`. */
export function statementName(text: string): string {
  return names.get(text) ?? 'other';
}

export function statement(name: string): string {
  const text = statements.get(name);
  if (text === undefined) throw new Error(`no statement sql/${name}.sql`);
  return text;
}

/** Runs a statement of `sql/`, prepared once a session. */
export async function run<Row extends pg.QueryResultRow>(on: pg.ClientBase | pg.Pool, name: string, values: unknown[]): Promise<Row[]> {
  const { rows } = await on.query<Row>({ name, text: statement(name), values });
  return rows;
}
