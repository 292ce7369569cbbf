import type { Tracker } from '../src/index.ts';

type Told = Parameters<Tracker['trackRequest']>[0];

/** Keeps what it is told. */
export function recordingTracker() {
  const requests: Told[] = [];
  const errors: unknown[] = [];
  return {
    requests,
    errors,
    trackRequest: (request: Told) => requests.push(request) > 0,
    trackError: (error: unknown) => errors.push(error) > 0,
  };
}
