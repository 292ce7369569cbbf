/** An export as one JSON text, made while it is read: memory is that of a page. */
import type { Section, Sections } from './section.ts';

export interface ExportHead {
  readonly export_id: string;
  /** As the caller names the person. */
  readonly subject: string;
  readonly generated_at: string;
}

/** `tail`: members that are known only at the end. */
export async function* exportJson(
  head: ExportHead,
  sections: Sections,
  tail: () => Readonly<Record<string, unknown>>,
): AsyncGenerator<string> {
  yield JSON.stringify(head).slice(0, -1);
  let open: readonly string[] = [];
  let isFirst = false;
  for await (const section of sections) {
    const above = section.path.slice(0, -1);
    const shared = sharedLength(open, above);
    yield '}'.repeat(open.length - shared);
    if (open.length > shared) isFirst = false;
    for (const name of above.slice(shared)) {
      yield `${isFirst ? '' : ','}${JSON.stringify(name)}:{`;
      isFirst = true;
    }
    open = above;
    yield `${isFirst ? '' : ','}${JSON.stringify(section.path.at(-1) ?? '')}:`;
    yield* section.isSingle === true ? single(section) : list(section);
    isFirst = false;
  }
  yield '}'.repeat(open.length);
  const last = JSON.stringify(tail());
  yield last === '{}' ? '}\n' : `,${last.slice(1)}\n`;
}

function sharedLength(a: readonly string[], b: readonly string[]): number {
  const differs = a.findIndex((name, at) => name !== b[at]);
  return differs < 0 ? a.length : differs;
}

async function* list({ rows }: Section): AsyncGenerator<string> {
  let before = '[';
  for await (const page of rows) {
    if (page.length === 0) continue;
    yield before + page.map((row) => JSON.stringify(row)).join(',');
    before = ',';
  }
  yield before === '[' ? '[]' : ']';
}

async function* single({ rows }: Section): AsyncGenerator<string> {
  for await (const [row] of rows) {
    if (row === undefined) continue;
    yield JSON.stringify(row);
    return;
  }
  yield 'null';
}
