import type { Answer, AnswerValue } from '@tidegate/sdk';
import pc from 'picocolors';
import { plotView } from './plot-view.ts';
import { numberText, tableView } from './table-view.ts';

type Answered = Pick<Answer, 'columns' | 'rows'>;

/** One metric of `POST /v1/admin/packs/preview`. */
export interface PreviewedMetric {
  readonly metric: string;
  readonly events: number;
  readonly old: (Answered & { readonly version: number | null }) | null;
  readonly new: Answered | null;
}

/** The same events by both definitions: a table with old and new side by side, and the first measure of both as a drawing. */
export function previewView({ metric, events, old, new: fresh }: PreviewedMetric, width: number): string {
  const title = `${pc.bold(metric)}  ${numberText(events)} events`;
  if (fresh === null) return `${title}\n${pc.dim('(no events of it yet)')}`;
  const drawn = [old === null ? null : { name: `version ${old.version ?? '–'}`, of: old }, { name: 'as changed', of: fresh }];
  const plots = drawn.flatMap((one) => (one === null ? [] : [pc.dim(one.name), plotView(one.of, { width })]));
  return [title, tableView(old === null ? fresh : sideBySide(old, fresh)), ...plots].join('\n');
}

/** A row for each bucket of either; a measure of one alone stands alone. */
function sideBySide(old: Answered, fresh: Answered): Answered {
  const [bucket = { name: 'bucket', type: 'time' }] = fresh.columns;
  const names = [...new Set([...old.columns, ...fresh.columns].slice(0).map(({ name }) => name))].filter((name) => name !== bucket.name);
  const placed = names.flatMap((name) => placesOf(old, fresh, name));
  const buckets = [...new Set([...old.rows, ...fresh.rows].map(([first]) => String(first)))].toSorted();
  const [oldRows, freshRows] = [byBucket(old), byBucket(fresh)];
  return {
    columns: [bucket, ...placed.map(({ column, label }) => ({ ...column, name: label }))],
    rows: buckets.map((at) => [at, ...placed.map(({ isOld, place }) => (isOld ? oldRows : freshRows).get(at)?.[place] ?? null)]),
  };
}

function placesOf(old: Answered, fresh: Answered, name: string) {
  return [
    { of: old, isOld: true },
    { of: fresh, isOld: false },
  ].flatMap(({ of, isOld }) => {
    const place = of.columns.findIndex((column) => column.name === name);
    const column = of.columns[place];
    return column === undefined ? [] : [{ column, place, isOld, label: `${name} ${isOld ? 'old' : 'new'}` }];
  });
}

function byBucket({ rows }: Answered): ReadonlyMap<string, readonly AnswerValue[]> {
  return new Map(rows.map((row) => [String(row[0]), row]));
}
