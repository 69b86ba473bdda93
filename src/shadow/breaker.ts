import type { Clock } from '../ports.ts';

const failuresToOpen = 5;
/** ms. */
const firstOpen = 5_000;
const longestOpen = 60_000;

/** How an exchange was let through: the one that tries whether an open breaker may close again decides alone. */
export type Pass = 'plain' | 'probe';

/** `none`: it ended for a reason that says nothing about the target. */
export type Verdict = 'good' | 'bad' | 'none';

/** Leaves a shadowed target alone for a while after it has failed several times in a row. */
export class Breaker {
  readonly #clock: Clock;
  #failures = 0;
  #openUntil = 0;
  #openFor = firstOpen;
  #probing = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether `enter` would let nobody through now. */
  get closedToAll(): boolean {
    return this.#openUntil !== 0 && (this.#probing || this.#clock.now() < this.#openUntil);
  }

  /** `null`: the target is left alone. Whoever is let through says by `left` how it went. */
  enter(): Pass | null {
    if (this.#openUntil === 0) return 'plain';
    if (this.closedToAll) return null;
    this.#probing = true;
    return 'probe';
  }

  left(pass: Pass, verdict: Verdict): void {
    if (pass === 'probe') this.#probed(verdict);
    // Those who were under way when it opened say nothing new.
    else if (this.#openUntil !== 0 || verdict === 'none') return;
    else if (verdict === 'good') this.#failures = 0;
    else if (++this.#failures >= failuresToOpen) this.#open();
  }

  #probed(verdict: Verdict): void {
    this.#probing = false;
    if (verdict === 'good') {
      this.#openUntil = 0;
      this.#failures = 0;
      this.#openFor = firstOpen;
    } else if (verdict === 'bad') {
      this.#openFor = Math.min(this.#openFor * 2, longestOpen);
      this.#open();
    }
  }

  #open(): void {
    this.#openUntil = this.#clock.now() + this.#openFor;
  }
}
