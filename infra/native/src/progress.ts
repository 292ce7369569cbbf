import pc from 'picocolors';

/** A step of set-up that the user is waiting for. */
export interface Step {
  /** What is going on just now: `8 of 14 MB`. */
  update(detail: string): void;
  done(detail?: string): void;
  fail(reason: string): void;
}

export interface Progress {
  step(title: string): Step;
  /** A line of its own. */
  say(line: string): void;
  /** A line that is drawn over, such as a progress bar; an empty text takes it away. Not shown where lines cannot be redrawn. */
  draw(line: string): void;
  close(): void;
}

export interface ProgressOptions {
  readonly stream: NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };
  readonly nowMs: () => number;
}

const FRAMES = '⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏';
const FRAME_MS = 120;

/**
 * On a terminal one line with a spinner shows all running steps, and a finished step leaves a line with its time. Elsewhere
 * each step leaves a line when it begins and one when it ends, so a log shows at what a start is waiting.
 */
export function createProgress(options: ProgressOptions): Progress {
  const { stream, nowMs } = options;
  const isTerminal = stream.isTTY === true;
  const running = new Map<string, string>();
  let drawn = '';
  let frame = 0;
  let timer: NodeJS.Timeout | undefined;

  function erase(): void {
    if (isTerminal) stream.write('\r\x1b[2K');
  }
  function render(): void {
    if (!isTerminal) return;
    const spinner = FRAMES.charAt(frame++ % FRAMES.length);
    const steps = [...running].map(([title, detail]) => (detail === '' ? title : `${title} ${pc.dim(detail)}`));
    const line = drawn !== '' ? drawn : steps.length > 0 ? `${pc.cyan(spinner)} ${steps.join(pc.dim(' · '))}` : '';
    erase();
    if (line !== '') stream.write(line);
  }
  function write(line: string): void {
    erase();
    stream.write(`${line}\n`);
    render();
  }
  function tick(): void {
    if (isTerminal && timer === undefined) timer = setInterval(render, FRAME_MS).unref();
  }

  return {
    step(title): Step {
      const startedMs = nowMs();
      running.set(title, '');
      tick();
      if (isTerminal) render();
      else write(`… ${title}`);
      const end = (mark: string, detail: string): void => {
        running.delete(title);
        const seconds = ((nowMs() - startedMs) / 1000).toFixed(1);
        write(`${mark} ${title}${detail === '' ? '' : `: ${detail}`} ${pc.dim(`${seconds} s`)}`);
      };
      return {
        update: (detail) => void running.set(title, detail),
        done: (detail = '') => end(pc.green('✓'), detail),
        fail: (reason) => end(pc.red('✗'), reason),
      };
    },
    say: write,
    draw(line): void {
      drawn = line;
      render();
    },
    close(): void {
      clearInterval(timer);
      timer = undefined;
      running.clear();
      drawn = '';
      erase();
    },
  };
}

/** Runs `work` as one step; a throw ends the step with its message and goes on. */
export async function asStep<T>(
  progress: Progress,
  title: string,
  work: (step: Step) => Promise<{ value: T; detail: string }>,
): Promise<T> {
  const step = progress.step(title);
  try {
    const { value, detail } = await work(step);
    step.done(detail);
    return value;
  } catch (error) {
    step.fail(error instanceof Error ? error.message : String(error));
    throw error;
  }
}
