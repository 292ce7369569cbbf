/** Figures of response times, in seconds (D-M8), and their percentiles as SQL's `percentile_cont` (D-05). */
export interface Times {
  readonly mean: number;
  readonly median: number;
  readonly min: number;
  readonly max: number;
  /** Of the sample (n - 1); 0 for a single one. */
  readonly sd: number;
  readonly p95: number;
  readonly p99: number;
}

/** Milliseconds as they come, eight bytes each: ten million requests are 80 MB. */
export class Samples {
  #values = new Float64Array(1_024);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(ms: number): void {
    if (this.#size === this.#values.length) {
      const grown = new Float64Array(this.#values.length * 2);
      grown.set(this.#values);
      this.#values = grown;
    }
    this.#values[this.#size++] = ms;
  }

  /** A copy in rising order. */
  sorted(): Float64Array {
    return this.#values.slice(0, this.#size).sort();
  }
}

/** Null where nothing was answered. */
export function timesOf(samples: Samples): Times | null {
  const sorted = samples.sorted();
  const first = sorted[0];
  const last = sorted.at(-1);
  if (first === undefined || last === undefined) return null;
  const mean = sorted.reduce((sum, ms) => sum + ms, 0) / sorted.length;
  const squares = sorted.reduce((sum, ms) => sum + (ms - mean) ** 2, 0);
  return {
    mean: mean / 1_000,
    median: percentile(sorted, 0.5) / 1_000,
    min: first / 1_000,
    max: last / 1_000,
    sd: sorted.length < 2 ? 0 : Math.sqrt(squares / (sorted.length - 1)) / 1_000,
    p95: percentile(sorted, 0.95) / 1_000,
    p99: percentile(sorted, 0.99) / 1_000,
  };
}

/** Between the two values around place q · (n - 1); 0 of none. */
export function percentile(sorted: Float64Array, q: number): number {
  const place = q * (sorted.length - 1);
  const low = sorted[Math.floor(place)] ?? 0;
  const high = sorted[Math.ceil(place)] ?? 0;
  return low + (high - low) * (place - Math.floor(place));
}
