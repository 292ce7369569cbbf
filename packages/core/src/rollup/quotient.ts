import type { ExactNumber } from '../event/exact-number.ts';

/** Places by which a quotient is longer than its dividend: n has at most 16 digits, n² 32. */
const PLACES = 60;
const RAISED = 10n ** BigInt(PLACES);

/** The double nearest to dividend / divisor, by way of more digits than it has. */
export function quotient(dividend: ExactNumber, divisor: bigint): number {
  const digits = (BigInt(dividend.unscaled) * RAISED) / divisor;
  return Number(`${digits}e-${dividend.scale + PLACES}`);
}
