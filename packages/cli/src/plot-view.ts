import type { Answer, AnswerValue } from '@tidegate/sdk';
import pc from 'picocolors';
import { heatView, isHeatmap } from './heat-view.ts';
import { numberText } from './table-view.ts';

const EIGHTHS = ' ▁▂▃▄▅▆▇█';
const HEIGHT = 8;

export interface PlotOptions {
  readonly width: number;
  /** Column to draw; default the first numeric one. */
  readonly measure?: string;
}

/** A series as columns of block characters with its axis, a heatmap as a week of shades, or a table of groups as horizontal bars. */
export function plotView(answer: Pick<Answer, 'columns' | 'rows'>, options: PlotOptions): string {
  const isHeat = isHeatmap(answer);
  const valueAt = answer.columns.findIndex((column, index) => {
    if (options.measure !== undefined) return column.name === options.measure;
    return !(isHeat && index < 2) && answer.rows.some((row) => typeof row[index] === 'number');
  });
  if (valueAt < 0 || answer.rows.length === 0) return pc.dim('(nothing to draw)');
  if (isHeat) return heatView(answer, valueAt);
  const timeAt = answer.columns.findIndex((column) => column.type === 'time');
  const title = answer.columns[valueAt]?.name ?? '';
  return timeAt < 0
    ? bars(answer.rows, { valueAt, ...options })
    : columns(sumByTime(answer.rows, timeAt, valueAt), { title, width: options.width });
}

function bars(rows: Answer['rows'], options: PlotOptions & { readonly valueAt: number }): string {
  const values = rows.map((row) => numberOf(row[options.valueAt]));
  const labels = rows.map(
    (row) =>
      row
        .slice(0, options.valueAt)
        .map((value) => String(value ?? '–'))
        .join(' ') || '·',
  );
  const labelWidth = Math.min(30, Math.max(...labels.map((label) => label.length)));
  const greatest = Math.max(...values, 0);
  const room = Math.max(10, options.width - labelWidth - 16);
  return labels
    .map((label, index) => {
      const value = values[index] ?? 0;
      const length = greatest === 0 ? 0 : (Math.max(0, value) / greatest) * room;
      return `${label.slice(0, labelWidth).padEnd(labelWidth)} ${pc.cyan('█'.repeat(Math.round(length)))} ${numberText(value)}`;
    })
    .join('\n');
}

/** Several groups of a series at one time are drawn as their sum. */
function sumByTime(rows: Answer['rows'], timeAt: number, valueAt: number): readonly [string, number][] {
  const sums = new Map<string, number>();
  for (const row of rows) {
    const time = String(row[timeAt]);
    sums.set(time, (sums.get(time) ?? 0) + numberOf(row[valueAt]));
  }
  return [...sums];
}

function columns(points: readonly [string, number][], options: { readonly title: string; readonly width: number }): string {
  const greatest = Math.max(...points.map(([, value]) => value), 0);
  const axis = numberText(greatest);
  const columnWidth = Math.max(1, Math.min(3, Math.floor((options.width - axis.length - 3) / points.length)));
  const lines: string[] = [];
  for (let level = HEIGHT; level >= 1; level--) {
    const label = level === HEIGHT ? axis : level === 1 ? '0' : '';
    lines.push(
      `${label.padStart(axis.length)} ${pc.dim('┤')}${pc.cyan(points.map(([, value]) => block(value, greatest, level).repeat(columnWidth)).join(''))}`,
    );
  }
  const [first = '', last = ''] = [points.at(0)?.[0], points.at(-1)?.[0]].map((time) => (time ?? '').slice(0, 16).replace('T', ' '));
  const width = points.length * columnWidth;
  const footer = first + last.padStart(Math.max(last.length + 1, width - first.length));
  return [
    pc.bold(options.title),
    ...lines,
    `${' '.repeat(axis.length)} ${pc.dim(`└${'─'.repeat(width)}`)}`,
    `${' '.repeat(axis.length + 2)}${pc.dim(footer)}`,
  ].join('\n');
}

/** The part of a column that lies in a line of text, in eighths. */
function block(value: number, greatest: number, level: number): string {
  const filled = greatest === 0 ? 0 : (Math.max(0, value) / greatest) * HEIGHT - (level - 1);
  return EIGHTHS.charAt(Math.round(Math.min(1, Math.max(0, filled)) * 8));
}

/** Integers beyond 2^53 come as text; a drawing may round them. */
function numberOf(value: AnswerValue | undefined): number {
  const number = typeof value === 'string' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : 0;
}
