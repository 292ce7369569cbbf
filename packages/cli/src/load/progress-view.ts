import pc from 'picocolors';
import { plotView } from '../plot-view.ts';
import { numberText } from '../table-view.ts';
import type { Glance } from './tally.ts';

export interface ProgressMoment extends Glance {
  readonly elapsedS: number;
  readonly recentS: number;
}

/** One line: how far, how many, how fast, how well. */
export function progressLine(label: string, moment: ProgressMoment): string {
  const { elapsedS, requests, errors, recentP95Ms, recentRequests, recentS } = moment;
  const rate = recentS === 0 ? 0 : recentRequests / recentS;
  const parts = [
    `${label} ${elapsedS.toFixed(0)} s`,
    `${numberText(requests)} requests`,
    `${numberText(Math.round(rate))}/s`,
    `p95 ${recentP95Ms === null ? '–' : `${(recentP95Ms / 1_000).toFixed(3)} s`}`,
  ];
  return `${parts.join(' · ')}${errors === 0 ? '' : pc.yellow(` · ${numberText(errors)} errors`)}`;
}

/** The line, and above it the 95th percentile of the last moments as a drawing. */
export function progressView(label: string, moments: readonly ProgressMoment[], width: number): string {
  const last = moments.at(-1);
  if (last === undefined) return label;
  const points = moments.slice(-Math.max(10, width - 14));
  const drawing = plotView(
    {
      columns: [
        { name: 'second', type: 'time' },
        { name: 'p95 (ms)', type: 'number' },
      ],
      rows: points.map(({ elapsedS, recentP95Ms }) => [`${elapsedS.toFixed(0)} s`, recentP95Ms ?? 0]),
    },
    { width },
  );
  return `${drawing}\n${progressLine(label, last)}`;
}
