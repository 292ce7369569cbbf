import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { homeOf, repositoryRoot } from '@tidegate/native';

/** The line that `npm start -- --json` prints. */
export interface StartLine {
  readonly gateway: string;
  readonly api_key: string;
  readonly admin_key: string;
  readonly data_dir: string;
}

export interface StartProcess {
  readonly child: ChildProcess;
  /** All of standard output so far. */
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** The line, when the system is up; rejects with what was said on standard error when the process ends without it. */
  readonly line: Promise<StartLine>;
  readonly exited: Promise<{ readonly code: number | null; readonly signal: string | null }>;
}

/** Runs `npm start`'s launcher with servers of its own in `home`; downloads are shared by all homes. */
export function spawnStart(home: string, flags: readonly string[], more: Readonly<Record<string, string>> = {}): StartProcess {
  const { KAFKA_BROKERS: _kafka, DATABASE_URL: _database, REDIS_URL: _redis, ...inherited } = process.env;
  // A test asks more often than an installation is meant to be asked.
  const limits = { LIMIT_GLOBAL_PER_MINUTE: '6000000' };
  const env = { ...inherited, ...limits, TIDEGATE_HOME: home, TIDEGATE_CACHE: homeOf(process.env).cacheDir, ...more };
  const child = spawn('node', ['scripts/bootstrap.mjs', 'start', '--json', ...flags], {
    cwd: repositoryRoot,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const exited = once(child, 'close').then(([code, signal]: (number | string | null)[]) => ({
    code: code as number | null,
    signal: signal as string | null,
  }));
  const line = new Promise<StartLine>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (text) => {
      stdout += `${text}\n`;
      resolve(JSON.parse(text) as StartLine);
    });
    void exited.then(() => reject(new Error(`start ended: ${stderr.slice(-2000)}`)));
  });
  // A start that is killed on purpose has no line, and nobody waits for it.
  line.catch(() => undefined);
  return { child, stdout: () => stdout, stderr: () => stderr, line, exited };
}
