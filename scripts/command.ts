import { spawn } from 'node:child_process';
import { delimiter, dirname, join } from 'node:path';

export const root = join(import.meta.dirname, '..');

export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Called with output as it comes; without it output is only collected. */
  readonly onOutput?: (text: string) => void;
}

export interface Outcome {
  /** Exit code; 1 where a signal ended the program. */
  readonly code: number;
  /** Both streams, in the order in which they came. */
  readonly output: string;
  readonly ms: number;
}

/** Runs a program of the workspace under the Node that runs this script. */
export async function run(command: Command): Promise<Outcome> {
  const startedAt = performance.now();
  const path = [dirname(process.execPath), join(root, 'node_modules/.bin'), process.env['PATH'] ?? ''].join(delimiter);
  const child = spawn(command.program, command.args, {
    cwd: command.cwd ?? root,
    env: { ...process.env, ...command.env, PATH: path },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const collect = (chunk: Buffer): void => {
    const text = chunk.toString();
    output += text;
    command.onOutput?.(text);
  };
  child.stdout.on('data', collect);
  child.stderr.on('data', collect);
  const code = await new Promise<number>((resolve) => {
    child.on('error', (error) => {
      output += error.message;
      resolve(127);
    });
    child.on('close', (exit) => resolve(exit ?? 1));
  });
  return { code, output, ms: performance.now() - startedAt };
}
