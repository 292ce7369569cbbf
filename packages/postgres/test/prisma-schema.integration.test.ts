import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ScratchDatabase } from './scratch-database.ts';
import { createMigratedDatabase } from './scratch-database.ts';

/** `column type [not null]` of each table; a hand-made reading of the file, so that the generator is not its own witness. */
type Tables = ReadonlyMap<string, readonly string[]>;

const TYPES: Readonly<Record<string, string>> = {
  String: 'text',
  Int: 'integer',
  BigInt: 'bigint',
  Bytes: 'bytea',
  Json: 'jsonb',
  DateTime: 'timestamp with time zone',
};

function readSchema(text: string): { tables: Tables; keys: ReadonlyMap<string, string> } {
  const tables = new Map<string, readonly string[]>();
  const keys = new Map<string, string>();
  for (const [, body = ''] of text.matchAll(/^model \w+ \{\n(.*?)^\}/gms)) {
    const table = /@@map\("(\w+)"\)/.exec(body)?.[1] ?? '';
    const fields = readFields(body);
    const composite = /@@id\(\[([\w, ]+)\]\)/.exec(body)?.[1];
    const names = composite?.split(', ') ?? fields.filter((field) => field.isKey).map((field) => field.name);
    keys.set(table, names.map((name) => fields.find((field) => field.name === name)?.column).join(', '));
    tables.set(table, fields.map((field) => field.line).toSorted());
  }
  return { tables, keys };
}

interface SchemaField {
  readonly name: string;
  readonly column: string;
  readonly isKey: boolean;
  readonly line: string;
}

/** Fields that are columns; the others are relations. */
function readFields(body: string): readonly SchemaField[] {
  const lines = body.matchAll(/^ {2}(\w+)\s+(\w+)(\[\])?(\?)?(.*)$/gm);
  return [...lines].flatMap(([, name = '', type = '', list, optional, rest = '']) => {
    const sqlType = TYPES[type];
    if (sqlType === undefined) return [];
    const column = /@map\("(\w+)"\)/.exec(rest)?.[1] ?? name;
    const line = `${column} ${list === undefined ? sqlType : 'ARRAY'}${optional === undefined ? ' not null' : ''}`;
    return [{ name, column, isKey: /@id\b/.test(rest), line }];
  });
}

describe('schema.prisma', () => {
  let database: ScratchDatabase;

  beforeAll(async () => {
    database = await createMigratedDatabase();
  });
  afterAll(() => database.drop());

  it('describes exactly the columns and primary keys that the migrations make', async () => {
    const file = await readFile(new URL('../prisma/schema.prisma', import.meta.url), 'utf8');
    const { tables, keys } = readSchema(file);
    const named = [
      'api_key',
      'api_key_earlier_secret',
      'control_record',
      'pack',
      'pack_version',
      'publisher_lease',
      'refresh_token',
      'tenant',
      'token_issuer',
      'user_account',
      'user_session',
    ];
    expect([...tables.keys()].toSorted()).toEqual(named);
    for (const [table, described] of tables) {
      const columns = await database.query<{ column: string }>(
        `SELECT column_name || ' ' || data_type || CASE is_nullable WHEN 'NO' THEN ' not null' ELSE '' END AS column
         FROM information_schema.columns WHERE table_schema = 'public' AND table_name = $1`,
        [table],
      );
      expect({ [table]: columns.map(({ column }) => column).toSorted() }).toEqual({ [table]: described });
      const [key] = await database.query<{ columns: string }>(
        `SELECT string_agg(a.attname, ', ' ORDER BY k.place) AS columns
         FROM pg_index i, unnest(i.indkey) WITH ORDINALITY AS k (attnum, place), pg_attribute a
         WHERE i.indrelid = $1::regclass AND i.indisprimary AND a.attrelid = i.indrelid AND a.attnum = k.attnum`,
        [table],
      );
      expect({ [table]: key?.columns }).toEqual({ [table]: keys.get(table) });
    }
  });
});
