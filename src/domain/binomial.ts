/**
 * How sure a share is of which `hits` were seen in `trials`: exact (Clopper–Pearson), one-sided. Bounds are right to
 * 1e-9 of themselves for up to 1e9 trials, which is why nothing here adds up or takes apart large logarithms.
 */

/** What a one-sided bound leaves to chance where nobody says otherwise. */
export const alpha = 0.05;

/** The largest true share with which so few hits would still be no more than bad luck; 1 where nothing was tried. */
export function atMost(hits: number, trials: number, chance = alpha): number {
  mustBeCounts(hits, trials);
  if (hits === trials) return 1;
  if (hits === 0) return -Math.expm1(Math.log(chance) / trials);
  return whereCrossed(hits / trials, 1, (share) => probabilityOfFewer(hits, trials, share) > chance);
}

/** The smallest true share with which so many hits would still be no more than luck; 0 where nothing was hit. */
export function atLeast(hits: number, trials: number, chance = alpha): number {
  mustBeCounts(hits, trials);
  if (hits === 0) return 0;
  if (hits === trials) return Math.exp(Math.log(chance) / trials);
  return whereCrossed(0, hits / trials, (share) => probabilityOfMore(hits, trials, share) < chance);
}

/** Whether {@link atMost} is no more than `share`, without looking for the bound. */
export function provesAtMost(hits: number, trials: number, share: number, chance = alpha): boolean {
  mustBeCounts(hits, trials);
  if (share >= 1) return true;
  if (share * trials <= hits) return false;
  return probabilityOfFewer(hits, trials, share) <= chance;
}

/** How many more trials without a hit prove at most `share`; `null` when it takes more than `sensible` of them. */
export function missesNeeded(hits: number, trials: number, share: number, sensible = 1e7): number | null {
  if (provesAtMost(hits, trials, share)) return 0;
  if (!provesAtMost(hits, trials + sensible, share)) return null;
  let tooFew = 0;
  let enough = sensible;
  while (enough - tooFew > 1) {
    const middle = Math.floor((tooFew + enough) / 2);
    if (provesAtMost(hits, trials + middle, share)) enough = middle;
    else tooFew = middle;
  }
  return enough;
}

function mustBeCounts(hits: number, trials: number): void {
  const whole = Number.isSafeInteger(hits) && Number.isSafeInteger(trials);
  if (!whole || hits < 0 || trials < hits) throw new RangeError(`${hits} of ${trials} is no share`);
}

/**
 * Halves an interval until its ends are as close as they can be, or `within` so much of themselves; `below` holds up to
 * the point that is looked for.
 */
export function whereCrossed(
  low: number,
  high: number,
  below: (share: number) => boolean,
  { within = 1e-13 }: { readonly within?: number } = {},
): number {
  for (;;) {
    const middle = low + (high - low) / 2;
    if (middle <= low || middle >= high || high - low <= within * low) return middle;
    if (below(middle)) low = middle;
    else high = middle;
  }
}

/** The probability of `hits` or fewer; `share` lies above hits / trials, where every term is smaller than the last. */
export function probabilityOfFewer(hits: number, trials: number, share: number): number {
  const odds = (1 - share) / share;
  let sum = 1;
  let term = 1;
  for (let i = hits; i > 0 && term > 1e-17 * sum; i--) {
    term *= (i / (trials - i + 1)) * odds;
    sum += term;
  }
  return sum * probabilityOf(hits, trials, share);
}

/** The probability of `hits` or more; `share` lies below hits / trials. */
export function probabilityOfMore(hits: number, trials: number, share: number): number {
  const odds = share / (1 - share);
  let sum = 1;
  let term = 1;
  for (let i = hits; i < trials && term > 1e-17 * sum; i++) {
    term *= ((trials - i) / (i + 1)) * odds;
    sum += term;
  }
  return sum * probabilityOf(hits, trials, share);
}

/**
 * The probability of exactly `hits`, after Loader's saddle-point expansion: its terms are small where the plain
 * formula subtracts logarithms of the size of `trials`.
 */
export function probabilityOf(hits: number, trials: number, share: number): number {
  const misses = trials - hits;
  if (hits === 0) return Math.exp(trials * Math.log1p(-share));
  if (misses === 0) return Math.exp(trials * Math.log(share));
  const exponent =
    stirlingError(trials) -
    stirlingError(hits) -
    stirlingError(misses) -
    deviance(hits, trials * share) -
    deviance(misses, trials * (1 - share));
  return Math.exp(exponent) * Math.sqrt(trials / (2 * Math.PI * hits * misses));
}

/** ln(n!) less Stirling's formula for it. */
function stirlingError(n: number): number {
  if (n > 15) {
    const square = n * n;
    return (1 / 12 - (1 / 360 - (1 / 1260 - (1 / 1680 - 1 / 1188 / square) / square) / square) / square) / n;
  }
  let factorial = 1;
  for (let i = 2; i <= n; i++) factorial *= i;
  return Math.log(factorial) - (0.5 * Math.log(2 * Math.PI * n) + n * Math.log(n) - n);
}

/** seen · ln(seen / expected) + expected − seen, without the cancellation where the two are close. */
function deviance(seen: number, expected: number): number {
  const difference = seen - expected;
  if (Math.abs(difference) >= 0.1 * (seen + expected)) return seen * Math.log(seen / expected) - difference;
  const v = difference / (seen + expected);
  let sum = difference * v;
  let term = 2 * seen * v;
  for (let j = 1; j < 1000; j++) {
    term *= v * v;
    const next = sum + term / (2 * j + 1);
    if (next === sum) break;
    sum = next;
  }
  return sum;
}
