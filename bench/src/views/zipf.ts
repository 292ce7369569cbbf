export type Rng = () => number;

/**
 * Draws numbers from 0 to n − 1 with probability proportional to 1 / (number + 1)^s (Zipf's law; s = 1 is what requests for web
 * pages were found to follow: Breslau et al., Web Caching and Zipf-like Distributions, INFOCOM 1999).
 */
export function createZipf(n: number, s: number, random: Rng): () => number {
  const reached = new Float64Array(n);
  let sum = 0;
  for (let at = 0; at < n; at += 1) {
    sum += 1 / (at + 1) ** s;
    reached[at] = sum;
  }
  return function draw() {
    const wanted = random() * sum;
    let [low, high] = [0, n - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((reached[middle] ?? sum) > wanted) high = middle;
      else low = middle + 1;
    }
    return low;
  };
}
