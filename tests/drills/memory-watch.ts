import type { Tidegate } from '@tidegate/native';
import { residentBytes } from '@tidegate/testkit';

const EVERY_MS = 250;

/** Looks at the resident memory of all services until `stop`, which returns the largest seen, in MB. */
export function startMemoryWatch({ services }: Tidegate): { stop(): number } {
  let largest = 0;
  const look = (): void => {
    for (const name of services.names) largest = Math.max(largest, residentBytes(services.pid(name)));
  };
  const timer = setInterval(look, EVERY_MS);
  return {
    stop() {
      clearInterval(timer);
      return Math.round(largest / 2 ** 20);
    },
  };
}
