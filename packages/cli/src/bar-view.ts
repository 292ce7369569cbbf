import pc from 'picocolors';
import type { FileProgress } from './send-file.ts';
import { numberText } from './table-view.ts';

const WIDTH = 28;

/** One line: a bar with percent where the length is known, events, events a second. */
export function barView(label: string, progress: FileProgress, elapsedMs: number): string {
  const rate = elapsedMs < 200 ? '' : `${numberText(Math.round((progress.settled / elapsedMs) * 1000))}/s`;
  const refused = progress.rejected === 0 ? '' : pc.yellow(` ${numberText(progress.rejected)} rejected`);
  const events = `${numberText(progress.settled)} events`;
  if (progress.share === null) return `${label} ${events} ${pc.dim(rate)}${refused}`;
  const filled = Math.round(progress.share * WIDTH);
  const bar = `${pc.cyan('█'.repeat(filled))}${pc.dim('░'.repeat(WIDTH - filled))}`;
  return `${label} ${bar} ${String(Math.floor(progress.share * 100)).padStart(3)} %  ${events} ${pc.dim(rate)}${refused}`;
}
