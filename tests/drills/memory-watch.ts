import { readFileSync } from 'node:fs';
import type { Tidegate } from '@tidegate/native';

const EVERY_MS = 250;

/** Looks at the resident memory of all services until `stop`, which returns the largest seen, in MB. */
export function startMemoryWatch({ services }: Tidegate): { stop(): number } {
  let largestKb = 0;
  const look = (): void => {
    for (const name of services.names) largestKb = Math.max(largestKb, residentKb(services.pid(name)));
  };
  const timer = setInterval(look, EVERY_MS);
  return {
    stop() {
      clearInterval(timer);
      return Math.round(largestKb / 1_024);
    },
  };
}

function residentKb(pid: number): number {
  try {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0; // gone, or being started
  }
}
