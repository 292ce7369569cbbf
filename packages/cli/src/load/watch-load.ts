import type { Terminal } from '../terminal.ts';
import { progressLine, progressView, type ProgressMoment } from './progress-view.ts';

export interface LoadProgress {
  readonly draw: (moment: ProgressMoment) => void;
  readonly end: () => void;
}

/** Where standard error is no terminal, a line so often. */
const LINE_EVERY_S = 10;

/** The state of a run while it goes on: redrawn in place on a terminal, else a line now and then. */
export function createLoadProgress({ stderr }: Terminal, label: string): LoadProgress {
  if (stderr.isTTY !== true) {
    let nextS = LINE_EVERY_S;
    return {
      draw(moment) {
        if (moment.elapsedS < nextS) return;
        nextS = moment.elapsedS + LINE_EVERY_S;
        stderr.write(`${progressLine(label, moment)}\n`);
      },
      end: () => undefined,
    };
  }
  const moments: ProgressMoment[] = [];
  let lines = 0;
  const clear = (): void => void (lines > 0 && stderr.write(`\r\x1b[${lines}A\x1b[J`));
  return {
    draw(moment) {
      moments.push(moment);
      const text = progressView(label, moments, stderr.columns ?? 80);
      clear();
      stderr.write(`${text}\n`);
      lines = text.split('\n').length;
    },
    end: clear,
  };
}
