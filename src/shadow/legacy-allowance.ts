/** Extra requests to legacy at the same time: noise, calibration, second looks and shadows in reverse. */
const mostExtra = 4;

/** Legacy has slowed down when its answers take so many times as long as usual, and so many ms longer. */
const slowFactor = 2;
const slowBy = 50;

/** How fast the two averages follow, in ms; and the most that one answer moves either. */
const nowSpan = 2_000;
const usualSpan = 120_000;
const nowMost = 0.2;
const usualMost = 0.02;

/** Without news of legacy for so long, in ms, one extra request may go and find out. */
const newsWithin = 5_000;

/** Keeps the proxy's own curiosity from becoming legacy's burden. */
export class LegacyAllowance {
  readonly #now: () => number;
  #inFlight = 0;
  #answers = 0;
  #current = 0;
  #usual = 0;
  #heardAt = 0;

  /** @param now ms of a clock that never goes back. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Whether `enter` would let nobody in. */
  get busy(): boolean {
    if (this.#inFlight >= mostExtra) return true;
    return this.#slow && (this.#inFlight > 0 || this.#now() - this.#heardAt < newsWithin);
  }

  enter(): boolean {
    if (this.busy) return false;
    this.#inFlight++;
    return true;
  }

  left(): void {
    this.#inFlight--;
  }

  /** Legacy has begun to answer a request after so many ms. */
  heard(milliseconds: number): void {
    const now = this.#now();
    const since = now - this.#heardAt;
    this.#heardAt = now;
    // The first answers are all there is to go by.
    const share = 1 / ++this.#answers;
    const towards = (average: number, span: number, most: number): number => {
      const weight = Math.max(share, Math.min(most, since / span));
      return average + weight * (milliseconds - average);
    };
    this.#current = towards(this.#current, nowSpan, nowMost);
    this.#usual = towards(this.#usual, usualSpan, usualMost);
  }

  get #slow(): boolean {
    return this.#current > slowFactor * this.#usual && this.#current > this.#usual + slowBy;
  }
}
