import type { Answer, AnswerBin, AnswerTop, AnswerValue } from '@tidegate/sdk';
import pc from 'picocolors';

const GAP = '  ';

/** An answer as an aligned table: numbers right, text left, widths by what a terminal shows. */
export function tableView(answer: Pick<Answer, 'columns' | 'rows'>): string {
  const header = answer.columns.map((column) => (column.unit === undefined ? column.name : `${column.name} (${column.unit})`));
  const cells = answer.rows.map((row) => row.map(cellText));
  const widths = header.map((name, index) => Math.max(widthOf(name), ...cells.map((row) => widthOf(row[index] ?? ''))));
  const isNumeric = header.map(
    (_, index) => answer.rows.some((row) => typeof row[index] === 'number') || isNumberType(answer.columns[index]?.type),
  );
  const line = (texts: readonly string[]): string =>
    texts
      .map((text, index) => pad(text, { width: widths[index] ?? 0, right: isNumeric[index] === true }))
      .join(GAP)
      .trimEnd();
  return [pc.bold(line(header)), pc.dim(widths.map((width) => '─'.repeat(width)).join(GAP)), ...cells.map(line)].join('\n');
}

export function cellText(value: AnswerValue | undefined): string {
  if (value === null || value === undefined) return '–';
  if (typeof value === 'number') return numberText(value);
  return typeof value === 'object' ? value.map(entryText).join(', ') : String(value);
}

/** `Oslo 12`, `Oslo 12 (-2)` where up to two of the twelve may be another's; `10..20 5`, `..10 3`, `20.. 1`. */
function entryText(entry: AnswerTop | AnswerBin): string {
  const count = numberText(entry.count);
  if ('from' in entry) return `${entry.from ?? ''}..${entry.to ?? ''} ${count}`;
  return `${cellText(entry.value)} ${count}${entry.error === 0 ? '' : ` (-${numberText(entry.error)})`}`;
}

/** Thousands apart, at most three decimals. */
export function numberText(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: 3 });
}

function isNumberType(type: string | undefined): boolean {
  return type === 'number' || type === 'integer' || type === 'decimal';
}

function pad(text: string, to: { readonly width: number; readonly right: boolean }): string {
  const blanks = ' '.repeat(Math.max(0, to.width - widthOf(text)));
  return to.right ? blanks + text : text + blanks;
}

/** Columns that a terminal gives to the text: East Asian wide characters take two, combining ones none. */
function widthOf(text: string): number {
  let width = 0;
  for (const { segment } of new Intl.Segmenter().segment(text))
    width += /\p{Emoji_Presentation}|[ᄀ-ᅟ⺀-꓏가-힣豈-﫿︰-﹏＀-｠￠-￦]/u.test(segment) ? 2 : 1;
  return width;
}
