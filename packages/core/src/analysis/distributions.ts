/**
 * Tail probabilities of the normal, Student's t and the chi-square distribution. Both come from two classic functions, the
 * incomplete beta and the incomplete gamma function, each by its continued fraction or series (M. Abramowitz, I. Stegun,
 * Handbook of Mathematical Functions, 26.5.8, 6.5.29 and 6.5.31; evaluated by the method of W. J. Lentz, Applied Optics 15,
 * 1976). Relative error below 1e-10 wherever the answer is above 1e-300.
 */

/** P(|Z| ≥ |z|) for a standard normal Z. */
export function normalTwoSided(z: number): number {
  return gammaUpper(0.5, (z * z) / 2);
}

/** P(|T| ≥ |t|) for Student's t with `df` > 0 degrees of freedom, which need not be whole. */
export function studentTwoSided(t: number, df: number): number {
  if (!Number.isFinite(t)) return 0;
  return betaRegularised(df / (df + t * t), df / 2, 0.5);
}

/** P(X ≥ x) for a chi-square X with `df` > 0 degrees of freedom. */
export function chiSquareUpper(x: number, df: number): number {
  return gammaUpper(df / 2, x / 2);
}

const STEPS_MAX = 1_000;
const PRECISION = 1e-15;
const TINY = 1e-300;

/** I_x(a, b). */
function betaRegularised(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  // The fraction converges fast on this side; the other side is its mirror.
  if (x > (a + 1) / (a + b + 2)) return 1 - betaRegularised(1 - x, b, a);
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x)) / a;
  const numerator = (step: number): number => {
    if (step === 0) return 1;
    const m = step >> 1;
    return step % 2 === 0
      ? (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
      : (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
  };
  return front * continuedFraction({ first: TINY, numerator, denominator: () => 1 });
}

/** Q(a, x), the upper part of the regularised incomplete gamma function. */
function gammaUpper(a: number, x: number): number {
  if (x <= 0) return 1;
  const front = Math.exp(a * Math.log(x) - x - logGamma(a));
  if (x < a + 1) return 1 - front * lowerSeries(a, x);
  const numerator = (step: number): number => (step === 0 ? 1 : -step * (step - a));
  return front * continuedFraction({ first: TINY, numerator, denominator: (step) => x + 2 * step + 1 - a });
}

function lowerSeries(a: number, x: number): number {
  let term = 1 / a;
  let sum = term;
  for (let n = 1; n < STEPS_MAX && Math.abs(term) > Math.abs(sum) * PRECISION; n += 1) {
    term *= x / (a + n);
    sum += term;
  }
  return sum;
}

interface Fraction {
  readonly first: number;
  readonly numerator: (step: number) => number;
  readonly denominator: (step: number) => number;
}

/** first + n0 / (d0 + n1 / (d1 + …)). */
function continuedFraction({ first, numerator, denominator }: Fraction): number {
  let value = first;
  let c = first;
  let d = 0;
  for (let step = 0; step < STEPS_MAX; step += 1) {
    d = denominator(step) + numerator(step) * d;
    d = 1 / (Math.abs(d) < TINY ? TINY : d);
    c = denominator(step) + numerator(step) / (Math.abs(c) < TINY ? TINY : c);
    const factor = c * d;
    value *= factor;
    if (Math.abs(factor - 1) < PRECISION) break;
  }
  return value;
}

/** Coefficients of C. Lanczos (SIAM Journal on Numerical Analysis B 1, 1964) for g = 7 and nine terms, as computed by P. Godfrey. */
const LANCZOS = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059, 12.507343278686905,
  -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
];

/** ln Γ(x) for x > 0. */
function logGamma(x: number): number {
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x);
  const [first = 1, ...others] = LANCZOS;
  const sum = others.reduce((total, coefficient, at) => total + coefficient / (x + at), first);
  const t = x + 6.5;
  return 0.5 * Math.log(2 * Math.PI) + (x - 0.5) * Math.log(t) - t + Math.log(sum);
}
