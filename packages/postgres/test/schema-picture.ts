import type { ScratchDatabase } from './scratch-database.ts';

/** Tables of a picture, in the order in which they are shown. */
export interface SchemaPart {
  readonly title: string;
  readonly tables: readonly string[];
}

/** A reference that Postgres does not hold, for what it would cost. */
export interface UnheldReference {
  readonly from: string;
  readonly to: string;
  readonly column: string;
}

interface Column {
  readonly table: string;
  readonly column: string;
  readonly type: string;
  readonly isKey: boolean;
  readonly isForeign: boolean;
}

interface Reference {
  readonly from: string;
  readonly to: string;
  readonly columns: string;
}

const COLUMNS = `SELECT c.relname AS table, a.attname AS column, format_type(a.atttypid, NULL) AS type,
    coalesce(a.attnum = ANY (k.conkey), false) AS "isKey",
    EXISTS (SELECT FROM pg_constraint f WHERE f.conrelid = c.oid AND f.contype = 'f' AND a.attnum = ANY (f.conkey)) AS "isForeign"
  FROM pg_class c
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  LEFT JOIN pg_constraint k ON k.conrelid = c.oid AND k.contype = 'p'
  WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relnamespace = current_schema()::regnamespace
  ORDER BY c.relname COLLATE "C", a.attnum`;
const REFERENCES = `SELECT f.conrelid::regclass::text AS from, f.confrelid::regclass::text AS to,
    (SELECT string_agg(a.attname, ', ' ORDER BY n) FROM unnest(f.conkey) WITH ORDINALITY AS key (attnum, n)
     JOIN pg_attribute a ON a.attrelid = f.conrelid AND a.attnum = key.attnum) AS columns
  FROM pg_constraint f
  JOIN pg_class c ON c.oid = f.conrelid
  WHERE f.contype = 'f' AND NOT c.relispartition AND c.relnamespace = current_schema()::regnamespace
  ORDER BY 1, 2, 3`;

/**
 * Pictures of a migrated database, a part each: tables with their columns, and a line for each reference, a dashed one where Postgres
 * does not hold it.
 */
export async function drawSchema(
  database: Pick<ScratchDatabase, 'query'>,
  parts: readonly SchemaPart[],
  unheld: readonly UnheldReference[],
): Promise<string> {
  const columns = await database.query<Column & Record<string, unknown>>(COLUMNS);
  const declared = await database.query<Reference & Record<string, unknown>>(REFERENCES);
  const references = [...declared.map(lineOf('--')), ...unheld.map((one) => lineOf('..')({ ...one, columns: columnOf(one, columns) }))];
  const pictures = parts.map(({ title, tables }) => {
    const shown = new Set(tables);
    // Where the other end is in another picture it is here by its name alone.
    const lines = references.filter(({ from }) => shown.has(from));
    const drawn = tables.map((table) => tableText(table, columns));
    return `## ${title}\n\n\`\`\`mermaid\nerDiagram\n${[...drawn, ...lines.map(({ text }) => text)].join('\n')}\n\`\`\`\n`;
  });
  return pictures.join('\n');
}

function lineOf(line: '--' | '..') {
  return ({ from, to, columns }: Reference) => ({ from, to, text: `  ${to} ||${line}o{ ${from} : "${columns}"` });
}

function columnOf({ from, to, column }: UnheldReference, columns: readonly Column[]): string {
  const has = (table: string): boolean => columns.some((one) => one.table === table && one.column === column);
  if (!has(from) || !has(to)) throw new Error(`${from} and ${to} have no ${column}`);
  return column;
}

function tableText(table: string, columns: readonly Column[]): string {
  const own = columns.filter((column) => column.table === table);
  const lines = own.map(({ column, type, isKey, isForeign }) => {
    const marks = [...(isKey ? ['PK'] : []), ...(isForeign ? ['FK'] : [])].join(', ');
    return `    ${typeText(type)} ${column}${marks === '' ? '' : ` ${marks}`}`;
  });
  return `  ${table} {\n${lines.join('\n')}\n  }`;
}

/** One word, as the diagrams need it. */
function typeText(type: string): string {
  return type
    .replace('timestamp with time zone', 'timestamptz')
    .replace('double precision', 'float8')
    .replaceAll(' ', '_')
    .replace('[]', '_list');
}
