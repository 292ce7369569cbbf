/** An export as a ZIP of CSV files, one for each list, and `export.json` that says of whom it is and when it was made. */
import { Zip, ZipDeflate } from 'fflate';
import { csvField } from '../csv.ts';
import type { ExportHead } from './export-json.ts';
import type { ExportRow, Section, Sections } from './section.ts';

export async function* exportZip(
  head: ExportHead,
  sections: Sections,
  tail: () => Readonly<Record<string, unknown>>,
): AsyncGenerator<Uint8Array> {
  let made: Uint8Array[] = [];
  const zip = new Zip((error, bytes) => {
    if (error !== null) throw error;
    made.push(bytes);
  });
  function* taken(): Generator<Uint8Array> {
    const out = made;
    made = [];
    yield* out;
  }
  for await (const section of sections) {
    const file = new ZipDeflate(`${section.path.filter((name) => name !== 'packs').join('/')}.csv`);
    zip.add(file);
    for await (const text of csvOf(section)) {
      file.push(Buffer.from(text));
      yield* taken();
    }
    file.push(new Uint8Array(0), true);
    yield* taken();
  }
  const about = new ZipDeflate('export.json');
  zip.add(about);
  about.push(Buffer.from(`${JSON.stringify({ ...head, ...tail() }, null, 1)}\n`), true);
  zip.end();
  yield* taken();
}

/** The first page says which columns there are; a later row that has another member keeps it in `_more`. */
async function* csvOf({ rows }: Section): AsyncGenerator<string> {
  let columns: readonly string[] | null = null;
  for await (const page of rows) {
    const [first] = page;
    if (first === undefined) continue;
    if (columns === null) {
      columns = [...new Set(page.flatMap((row) => Object.keys(row)))];
      yield lineOf([...columns, '_more']);
    }
    const known = columns;
    yield page.map((row) => lineOf([...known.map((name) => textOf(row[name])), moreOf(row, known)])).join('');
  }
}

function moreOf(row: ExportRow, columns: readonly string[]): string {
  const more = Object.entries(row).filter(([name]) => !columns.includes(name));
  return more.length === 0 ? '' : JSON.stringify(Object.fromEntries(more));
}

/** Lists and objects, and numbers with more digits than a double holds, as JSON has them. */
function textOf(value: unknown): string {
  if (value === null || value === undefined) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function lineOf(texts: readonly string[]): string {
  return `${texts.map(csvField).join(',')}\r\n`;
}
