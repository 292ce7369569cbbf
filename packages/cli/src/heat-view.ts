import type { Answer } from '@tidegate/sdk';
import pc from 'picocolors';
import { numberText } from './table-view.ts';

const WEEKDAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];
const HOURS = 24;
/** From nothing to the greatest value. */
const SHADES = [' ', '░', '▒', '▓', '█'];

/** Whether the rows are those of a heatmap. */
export function isHeatmap({ columns }: Pick<Answer, 'columns'>): boolean {
  return columns[0]?.name === 'weekday' && columns[1]?.name === 'hour';
}

/** A line for each weekday, two characters for each hour, the darker the greater; groups are added up. */
export function heatView({ columns, rows }: Pick<Answer, 'columns' | 'rows'>, valueAt: number): string {
  const sums = WEEKDAYS.map(() => Array.from({ length: HOURS }, () => 0));
  for (const row of rows) {
    const day = sums[Number(row[0]) - 1];
    const hour = Number(row[1]);
    if (day !== undefined) day[hour] = (day[hour] ?? 0) + Number(row[valueAt] ?? 0);
  }
  const greatest = Math.max(...sums.flat());
  const shade = (value: number): string =>
    (value <= 0 || greatest <= 0 ? ' ' : (SHADES[Math.max(1, Math.ceil((4 * value) / greatest))] ?? ' ')).repeat(2);
  const axis = `    ${Array.from({ length: HOURS / 6 }, (_, at) =>
    String(at * 6)
      .padStart(2, '0')
      .padEnd(12),
  ).join('')}`.trimEnd();
  const lines = sums.map((day, at) => `${WEEKDAYS[at] ?? ''} ${day.map(shade).join('')}`.trimEnd());
  return [pc.bold(columns[valueAt]?.name ?? ''), ...lines, pc.dim(axis), pc.dim(`█ up to ${numberText(greatest)}`)].join('\n');
}
