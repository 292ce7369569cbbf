/**
 * Profiles of this process, for whoever has the token: which functions take its time, and which allocate what it holds. Names of
 * functions and files and sizes, never a value: a snapshot of the heap, which has all of them, cannot be had. Nothing runs until one is
 * asked for.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Session } from 'node:inspector/promises';

export type ProfileKind = 'cpu' | 'heap';

export const PROFILE_KINDS = ['cpu', 'heap'] as const satisfies readonly ProfileKind[];
export const PROFILE_SECONDS_MAX = 120;

export type ProfileOutcome =
  | { readonly kind: 'made'; readonly profile: string }
  /** Another one runs: two would tell of each other. */
  | { readonly kind: 'busy' }
  /** Whoever asked went away, or the process ends. */
  | { readonly kind: 'gone' };

export interface Profiles {
  /** Whether the header `Authorization` carries the token. */
  isAllowed(authorization: string | undefined): boolean;
  take(kind: ProfileKind, seconds: number, signal: AbortSignal): Promise<ProfileOutcome>;
}

const SAMPLE_EVERY_US = 1_000;
const SAMPLE_EVERY_BYTES = 65_536;

export function createProfiles(token: string): Profiles {
  const expected = digest(`Bearer ${token}`);
  let isBusy = false;
  return {
    isAllowed: (authorization) => timingSafeEqual(digest(authorization ?? ''), expected),
    async take(kind, seconds, signal) {
      if (isBusy) return { kind: 'busy' };
      isBusy = true;
      try {
        return await withSession(async (session) => TAKE[kind](session, seconds, signal));
      } finally {
        isBusy = false;
      }
    },
  };
}

/** Of one length, whatever was given. */
function digest(given: string): Uint8Array {
  return createHash('sha256').update(given).digest();
}

async function withSession<T>(work: (session: Session) => Promise<T>): Promise<T> {
  const { Session: Opened } = await import('node:inspector/promises');
  const session = new Opened();
  session.connect();
  try {
    return await work(session);
  } finally {
    // What is not stopped by then is.
    session.disconnect();
  }
}

const TAKE = { cpu: takeCpu, heap: takeHeap };

async function takeCpu(session: Session, seconds: number, signal: AbortSignal): Promise<ProfileOutcome> {
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: SAMPLE_EVERY_US });
  await session.post('Profiler.start');
  const isWhole = await waited(seconds, signal);
  const { profile } = await session.post('Profiler.stop');
  return isWhole ? { kind: 'made', profile: JSON.stringify(profile) } : { kind: 'gone' };
}

/** What was allocated meanwhile and is held still at its end. */
async function takeHeap(session: Session, seconds: number, signal: AbortSignal): Promise<ProfileOutcome> {
  await session.post('HeapProfiler.startSampling', { samplingInterval: SAMPLE_EVERY_BYTES });
  const isWhole = await waited(seconds, signal);
  const { profile } = await session.post('HeapProfiler.stopSampling');
  return isWhole ? { kind: 'made', profile: JSON.stringify(profile) } : { kind: 'gone' };
}

/** False: it was cut off. */
function waited(seconds: number, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve(false);
    const cut = (): void => {
      clearTimeout(timer);
      resolve(false);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', cut);
      resolve(true);
    }, seconds * 1_000);
    signal.addEventListener('abort', cut, { once: true });
  });
}
