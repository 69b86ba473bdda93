/** Draws how many of so many trials hit, without trying them one by one. Exact: no normal curve stands for the tails. */
import type { Random } from './random.ts';

export function sampleHits(trials: number, share: number, random: Random): number {
  if (!(trials > 0) || !(share > 0)) return 0;
  if (share >= 1) return trials;
  if (share > 0.5) return trials - sampleHits(trials, 1 - share, random);
  return trials * share < 10 ? bySumming(trials, share, random) : byRejecting(trials, share, random);
}

/** Adds probabilities up from none on, until they pass one random number. */
function bySumming(trials: number, share: number, random: Random): number {
  const odds = share / (1 - share);
  let probability = Math.exp(trials * Math.log1p(-share));
  let left = random();
  for (let hits = 0; hits < trials; hits++) {
    left -= probability;
    if (left <= 0) return hits;
    probability *= ((trials - hits) / (hits + 1)) * odds;
    // What is left then is the dust of rounding.
    if (probability < 1e-18 && hits > trials * share) return hits;
  }
  return trials;
}

/** Hörmann's transformed rejection (BTRS, 1993), for ten expected hits and more. */
function byRejecting(trials: number, share: number, random: Random): number {
  const deviation = Math.sqrt(trials * share * (1 - share));
  const b = 1.15 + 2.53 * deviation;
  const a = -0.0873 + 0.0248 * b + 0.01 * share;
  const centre = trials * share + 0.5;
  const surely = 0.92 - 4.2 / b;
  const scale = (2.83 + 5.1 / b) * deviation;
  const logOdds = Math.log(share / (1 - share));
  const mode = Math.floor((trials + 1) * share);
  const atMode = logFactorial(mode) + logFactorial(trials - mode);
  for (;;) {
    const u = random() - 0.5;
    const v = random();
    const room = 0.5 - Math.abs(u);
    const hits = Math.floor(((2 * a) / room + b) * u + centre);
    if (room >= 0.07 && v <= surely) return hits;
    if (hits < 0 || hits > trials) continue;
    const height = Math.log((v * scale) / (a / (room * room) + b));
    const curve = atMode - logFactorial(hits) - logFactorial(trials - hits) + (hits - mode) * logOdds;
    if (height <= curve) return hits;
  }
}

function logFactorial(n: number): number {
  if (n < small.length) return small[n]!;
  const x = n + 1;
  const square = x * x;
  return (
    (x - 0.5) * Math.log(x) - x + 0.5 * Math.log(2 * Math.PI) + (1 / 12 - (1 / 360 - 1 / 1260 / square) / square) / x
  );
}

const small = Array.from({ length: 16 }, (_, n) => {
  let product = 1;
  for (let i = 2; i <= n; i++) product *= i;
  return Math.log(product);
});
