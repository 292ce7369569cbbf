/**
 * Decimal numbers without rounding: value = unscaled / 10^scale. Normal form: no trailing zero after the point (so the scale
 * is the smallest that holds the value), `unscaled` a number while it is a safe integer and a bigint beyond, never -0.
 */
export interface ExactNumber {
  readonly unscaled: number | bigint;
  readonly scale: number;
}

/** Most significant digits and most digits after the point; 38 is what SQL engines of every make hold. */
export const EXACT_DIGITS_MAX = 38;

const ZERO: ExactNumber = { unscaled: 0, scale: 0 };

/** Reads a JSON number; null where the text is no number or needs more digits than `EXACT_DIGITS_MAX`. */
export function parseExact(text: string): ExactNumber | null {
  const match = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text);
  if (match === null) return null;
  const fraction = match[3] ?? '';
  const digits = ((match[2] ?? '') + fraction).replace(/^0+/, '');
  const significant = digits.replace(/0+$/, '');
  if (significant === '') return ZERO;
  const scale = fraction.length - Number(match[4] ?? '0') - (digits.length - significant.length);
  return assemble(match[1] === '-', significant, scale);
}

function assemble(isNegative: boolean, significant: string, scale: number): ExactNumber | null {
  if (!(scale <= EXACT_DIGITS_MAX) || significant.length + Math.max(0, -scale) > EXACT_DIGITS_MAX) return null;
  const whole = scale < 0 ? significant + '0'.repeat(-scale) : significant;
  return { unscaled: narrow(BigInt(isNegative ? `-${whole}` : whole)), scale: Math.max(0, scale) };
}

/** The normal form of unscaled / 10^scale. */
export function exactNumber(unscaled: bigint, scale: number): ExactNumber {
  let value = unscaled;
  let places = scale;
  while (places > 0 && value % 10n === 0n) {
    value /= 10n;
    places -= 1;
  }
  return { unscaled: narrow(value), scale: places };
}

function narrow(value: bigint): number | bigint {
  return value >= -9007199254740991n && value <= 9007199254740991n ? Number(value) : value;
}

/** Negative, zero or positive as a is less than, equal to or greater than b. */
export function compareExact(a: ExactNumber, b: ExactNumber): number {
  if (a.scale === b.scale) return a.unscaled < b.unscaled ? -1 : a.unscaled > b.unscaled ? 1 : 0;
  const scale = Math.max(a.scale, b.scale);
  const left = raise(a, scale);
  const right = raise(b, scale);
  return left < right ? -1 : left > right ? 1 : 0;
}

function raise(value: ExactNumber, scale: number): bigint {
  return BigInt(value.unscaled) * 10n ** BigInt(scale - value.scale);
}

/** Canonical decimal text: no exponent, no trailing zero, no "-0". */
export function formatExact(value: ExactNumber): string {
  const text = String(value.unscaled);
  if (value.scale === 0) return text;
  const sign = text.startsWith('-') ? '-' : '';
  const digits = text.slice(sign.length).padStart(value.scale + 1, '0');
  return `${sign}${digits.slice(0, -value.scale)}.${digits.slice(-value.scale)}`;
}
