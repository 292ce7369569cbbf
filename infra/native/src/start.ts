import { readFileSync } from 'node:fs';
import process from 'node:process';
import pc from 'picocolors';
import { startArchiveTimer, type ArchiveTimer } from './archive-timer.ts';
import { replaySample, sampleAnswer } from './demo.ts';
import { given, homeOf, type Environment } from './home.ts';
import { takeLock, type Lock } from './lock.ts';
import { isPortFree, nextFreePort } from './port.ts';
import { createProgress, type Progress } from './progress.ts';
import { processHome } from './servers.ts';
import { startTidegate, type ServicePorts, type Tidegate } from './tidegate.ts';
import { SetupFailure } from './tool.ts';

/** `npm start`: see README. Standard output carries the answer, or with `--json` one line; everything else goes to standard error. */

const FIRST_GATEWAY_PORT = 8000;
const FIRST_METRICS_PORT = 9464;
const PARENT_CHECK_MS = 250;
const USAGE = `npm start [-- --once] [-- --json]

  --once   replay the sample, print the answer, stop
  --json   one line on standard output: {"gateway", "api_key", "admin_key", "data_dir"}
`;

interface Flags {
  readonly once: boolean;
  readonly json: boolean;
}

async function main(env: Environment): Promise<number> {
  // A closed terminal or pipe is no reason to leave servers behind: the stop goes on without its lines.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  const flags = readFlags(process.argv.slice(2));
  if (flags === null) {
    process.stderr.write(USAGE);
    return 2;
  }
  const progress = createProgress({ stream: process.stderr, nowMs: () => performance.now() });
  const { dataDir } = homeOf(env);
  const stopping = stopRequests();
  try {
    await requireApiPort(env);
    const lock = await takeLock(
      processHome(dataDir).dataDir,
      once(() => progress.say('An earlier start is stopping: waiting for it')),
    );
    stopping.addEventListener('abort', () => lock.markStopping(), { once: true });
    return await run({ env, flags, progress, dataDir, lock, stopping });
  } catch (error) {
    progress.close();
    if (stopping.aborted) return 0;
    process.stderr.write(`${pc.red(error instanceof Error ? error.message : String(error))}\n`);
    if (!(error instanceof SetupFailure)) process.stderr.write(`Logs are in ${dataDir}/logs.\n`);
    return 1;
  }
}

interface Run {
  readonly env: Environment;
  readonly flags: Flags;
  readonly progress: Progress;
  readonly dataDir: string;
  readonly lock: Lock;
  readonly stopping: AbortSignal;
}

async function run({ env, flags, progress, dataDir, lock, stopping }: Run): Promise<number> {
  // Two starts at the same moment choose the same usual ports: after a collision the probes' ports are any free ones.
  const choosePorts = async (services: number, failed: number): Promise<ServicePorts> => ({
    gateway: await chooseGatewayPort(env),
    metrics: failed === 0 ? await chooseMetricsPorts(services) : [],
  });
  const tidegate = await startTidegate({
    dataDir,
    choosePorts,
    restarts: true,
    tuning: 'serve',
    progress,
    env,
    signal: stopping,
  });
  let timer: ArchiveTimer | null = null;
  try {
    await replaySample(tidegate, progress, stopping);
    await announce(tidegate, flags, progress);
    if (!flags.once) timer = startArchiveTimer({ launch: () => tidegate.launchArchive(), onFailed: archiveFailed(progress) });
    if (!flags.once) await aborted(stopping);
  } catch (error) {
    if (!stopping.aborted) throw error;
  } finally {
    lock.markStopping();
    const step = progress.step('Stopping');
    await timer?.stop();
    await tidegate.stop();
    step.done();
    progress.close();
    await lock.release();
  }
  return 0;
}

function archiveFailed(progress: Progress): (reason: string) => void {
  return (reason) => progress.say(`! Raw days are not archived, again in a day: ${reason}`);
}

async function announce(tidegate: Tidegate, flags: Flags, progress: Progress): Promise<void> {
  const answer = await sampleAnswer(tidegate, process.stdout.columns ?? 80);
  if (flags.json) {
    const { gateway, apiKey, adminKey, dataDir } = tidegate;
    progress.say(answer);
    process.stdout.write(`${JSON.stringify({ gateway, api_key: apiKey, admin_key: adminKey, data_dir: dataDir })}\n`);
    return;
  }
  process.stdout.write(`${answer}\n${pc.bold('Gateway')}  ${tidegate.gateway}\n${pc.bold('API key')}  ${tidegate.apiKey}\n`);
  process.stdout.write(`${pc.bold('Data')}     ${tidegate.dataDir}\n\n`);
  if (!flags.once) progress.say('Ready. Ctrl-C stops everything.');
}

function readFlags(args: readonly string[]): Flags | null {
  if (args.some((arg) => arg !== '--once' && arg !== '--json')) return null;
  return { once: args.includes('--once'), json: args.includes('--json') };
}

/** Checked before the long work, and again when the port is taken. */
async function requireApiPort(env: Environment): Promise<void> {
  if (given(env['API_PORT']) !== undefined) await chooseGatewayPort(env);
}

async function chooseGatewayPort(env: Environment): Promise<number> {
  const wanted = given(env['API_PORT']);
  if (wanted === undefined) return nextFreePort(FIRST_GATEWAY_PORT);
  const port = Number(wanted);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new SetupFailure('API_PORT must be a port number from 1 to 65535.');
  if (!(await isPortFree(port))) throw new SetupFailure(`Port ${port} (API_PORT) is taken: stop what uses it, or set another API_PORT.`);
  return port;
}

async function chooseMetricsPorts(services: number): Promise<readonly number[]> {
  const ports: number[] = [];
  for (let next = FIRST_METRICS_PORT; ports.length < services; next = (ports.at(-1) ?? next) + 1) ports.push(await nextFreePort(next));
  return ports;
}

/** Aborted by the first Ctrl-C, SIGTERM or SIGHUP, or when the process that started this one is gone; later ones change nothing. */
function stopRequests(): AbortSignal {
  const abort = new AbortController();
  const stop = (): void => abort.abort(new Error('asked to stop'));
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  // Under nohup the hang-up is ignored on purpose: a handler would bring it back.
  if (!isIgnored(1)) process.on('SIGHUP', stop);
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) stop();
  }, PARENT_CHECK_MS).unref();
  return abort.signal;
}

function isIgnored(signal: number): boolean {
  try {
    const mask = /^SigIgn:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
    return mask !== undefined && ((BigInt(`0x${mask}`) >> BigInt(signal - 1)) & 1n) === 1n;
  } catch {
    return false;
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    // A timer keeps the process alive while it waits for nothing but a signal.
    const alive = setInterval(() => undefined, 60_000);
    signal.addEventListener('abort', () => {
      clearInterval(alive);
      resolve();
    });
  });
}

function once(work: () => void): () => void {
  let isDone = false;
  return () => {
    if (!isDone) work();
    isDone = true;
  };
}

process.exitCode = await main(process.env);
