import { setTimeout as delay } from 'node:timers/promises';
import { PROCESS_HEADER } from '@tidegate/telemetry';
import { launchProcess, type ProcessHome, type RunningProcess } from './child-process.ts';
import { repositoryRoot } from './home.ts';
import { join } from 'node:path';
import { lastError, waitUntil } from './readiness.ts';
import { listensOn } from './socket-owner.ts';

/**
 * Node's flags for every service; docker-compose.yml has the same. Services share cores, so a collection that waits for helper
 * threads waits for other services; and young objects collected more often are collected in shorter pauses
 * (docs/adr/0010-small-pauses.md). Objects that are made in the old space at once keep young ones alive that they hold
 * (docs/adr/0012-garbage-that-stays.md).
 */
export const SERVICE_FLAGS = [
  '--single-threaded-gc',
  '--max-semi-space-size=6',
  '--no-allocation-site-pretenuring',
  '--heap-growing-percent=150',
];

/**
 * What query takes beside: of its young objects few outlive a request, however many are collected at once, so rare collections
 * cost less and pause no longer (docs/adr/0010-small-pauses.md). Of two equal flags the later one counts.
 */
const QUERY_FLAGS = ['--max-semi-space-size=32'];

/** Node's flags for a service, all of them. */
export function serviceFlags(service: string): readonly string[] {
  return service === 'query' ? [...SERVICE_FLAGS, ...QUERY_FLAGS] : SERVICE_FLAGS;
}

export interface ServiceSpec {
  /** Name of the process: of its log and of its record. */
  readonly name: string;
  /** Folder under `services/`. */
  readonly service: string;
  /** What runs instead of the service's own `src/main.ts`; for drills. */
  readonly main?: string;
  readonly env: Readonly<Record<string, string>>;
  /** Of the probes. */
  readonly metricsPort: number;
  /** For its callers, where it has any. */
  readonly listenPort?: number;
}

export interface Supervisor {
  readonly names: readonly string[];
  pid(name: string): number;
  /** Where it listens for its callers; -1: it has none. */
  port(name: string): number;
  /** Sends the signal and waits for the end, whose exit code it gives, null after a signal's. The service comes back by itself where restarts are on. */
  kill(name: string, signal?: NodeJS.Signals): Promise<number | null>;
  /** Starts a service that is down; resolves when it is ready. */
  start(name: string): Promise<void>;
  /** Resolves when the service is up and ready, by a restart if need be. */
  ready(name: string, withinMs?: number): Promise<void>;
  /** Ends all, one after the other in the order given. */
  stop(order: readonly string[]): Promise<void>;
}

export interface SupervisorOptions {
  readonly home: ProcessHome;
  readonly services: readonly ServiceSpec[];
  /** Whether a service that ends without being told to is started again. */
  readonly restarts: boolean;
  /** Told of each end, with the pause before the next start and the last error in the log of that run: a port that another program took, say. */
  readonly onRestart?: (restart: { readonly name: string; readonly pauseMs: number; readonly reason: string }) => void;
}

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 10_000;
/** A run of this length counts as good: the next restart begins with the short pause again. */
const GOOD_RUN_MS = 30_000;
const READY_WITHIN_MS = 120_000;

interface Seat {
  readonly spec: ServiceSpec;
  running: RunningProcess | null;
  /** Ends in a row, each after a short run. */
  failures: number;
  mayRestart: boolean;
}

/** Runs the services as processes of their own; starts one again, with a growing pause, when it ends by itself. */
export async function startSupervisor(options: SupervisorOptions): Promise<Supervisor> {
  const seats = new Map<string, Seat>(options.services.map((spec) => [spec.name, { spec, running: null, failures: 0, mayRestart: false }]));
  const seatOf = (name: string): Seat => {
    const seat = seats.get(name);
    if (seat === undefined) throw new Error(`there is no service ${name}`);
    return seat;
  };
  const stop = async (order: readonly string[]): Promise<void> => {
    for (const seat of seats.values()) seat.mayRestart = false;
    for (const name of order) await seats.get(name)?.running?.stop();
  };
  for (const seat of seats.values()) launch(options, seat);
  const up = await Promise.allSettled([...seats.values()].map((seat) => waitReady(seat, READY_WITHIN_MS)));
  const failure = up.find((result) => result.status === 'rejected');
  if (failure !== undefined) {
    await stop([...seats.keys()].toReversed());
    throw failure.reason;
  }
  // A service that fails at its very first start says why; only one that has run is started again.
  for (const seat of seats.values()) seat.mayRestart = options.restarts;
  return {
    names: [...seats.keys()],
    pid: (name) => seatOf(name).running?.pid ?? -1,
    port: (name) => seatOf(name).spec.listenPort ?? -1,
    kill: async (name, signal = 'SIGKILL') => {
      const { running } = seatOf(name);
      await running?.kill(signal);
      return (await running?.exited)?.code ?? null;
    },
    async start(name) {
      const seat = seatOf(name);
      if (seat.running?.isAlive() !== true) launch(options, seat);
      await waitReady(seat, READY_WITHIN_MS);
    },
    ready: (name, withinMs = READY_WITHIN_MS) => waitReady(seatOf(name), withinMs),
    stop,
  };
}

function launch(options: SupervisorOptions, seat: Seat): void {
  const { spec } = seat;
  const startedMs = performance.now();
  const main = spec.main ?? join(repositoryRoot, 'services', spec.service, 'src/main.ts');
  const running = launchProcess(options.home, {
    name: spec.name,
    command: process.execPath,
    args: [...serviceFlags(spec.service), main],
    env: spec.env,
    cwd: repositoryRoot,
  });
  seat.running = running;
  void running.exited.then(async () => {
    if (!seat.mayRestart) return;
    seat.failures = performance.now() - startedMs > GOOD_RUN_MS ? 0 : seat.failures + 1;
    const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** Math.min(seat.failures, 16), LONGEST_PAUSE_MS);
    options.onRestart?.({ name: spec.name, pauseMs, reason: lastError(running) });
    await delay(pauseMs);
    if (seat.mayRestart && seat.running === running) launch(options, seat);
  });
}

/** The first start fails at once with the service's own words; a restart in progress is waited for. */
async function waitReady(seat: Seat, withinMs: number): Promise<void> {
  const { running, spec } = seat;
  if (running === null) throw new Error(`${spec.name} was never started`);
  const isReady = async (): Promise<boolean> => {
    const response = await fetch(`http://127.0.0.1:${spec.metricsPort}/readyz`, { signal: AbortSignal.timeout(2_000) });
    await response.body?.cancel();
    // The ports may be another program's: of another installation, or one that took them while this service was down.
    const pid = seat.running?.pid ?? -1;
    if (!response.ok || response.headers.get(PROCESS_HEADER) !== String(pid)) return false;
    return spec.listenPort === undefined || listensOn(pid, spec.listenPort) !== false;
  };
  if (seat.failures === 0 && running.isAlive()) return waitUntil({ what: spec.name, process: running, withinMs, isReady });
  const deadlineMs = performance.now() + withinMs;
  while (!(await isReady().catch(() => false))) {
    if (performance.now() > deadlineMs)
      throw new Error(`${spec.name} did not come back within ${withinMs / 1000} s (log: ${running.logFile})`);
    await delay(50);
  }
}
