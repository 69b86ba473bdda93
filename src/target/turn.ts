import type { Verdict } from '../domain/circuit.ts';
import { longestWait } from '../domain/retry.ts';
import type { Sweepable, TurnOwner, TurnPort } from '../ports.ts';
import type { PlaceSeeker } from './bulkhead.ts';
import type { Layers } from './layers.ts';

const noEra = -1;

/**
 * One request's way through the stack, and the only one who knows what it holds there: a place, a part of the retry
 * budget, the word that it owes to two circuits. `end` gives everything back, whatever came before.
 */
export class Turn implements TurnPort, PlaceSeeker, Sweepable {
  /** The earlier one of the two ends below. */
  deadline = 0;
  sweepIndex = -1;
  readonly #layers: Layers;
  readonly #owner: TurnOwner;
  /** Ticks of the sweep; 0 is never. */
  #totalEnds = 0;
  #queueEnds = 0;
  /** The same as `#totalEnds`, by the finer clock that a retry needs. */
  #overdueAt = Number.POSITIVE_INFINITY;
  #isQueued = false;
  #hasPlace = false;
  #isOver = false;
  #tries = 0;
  #isRetry = false;
  #pause: NodeJS.Timeout | null = null;
  /** What the present try goes by at the two circuits; `noEra` where it owes them no word. */
  #reachEra = noEra;
  #circuitEra = noEra;
  #isReached = false;
  #isJudged = true;
  /** The head of a good answer has come, and nothing has broken off yet. */
  #beganWell = false;

  constructor(layers: Layers, owner: TurnOwner) {
    this.#layers = layers;
    this.#owner = owner;
  }

  enter(): boolean {
    const { bulkhead, total, sweep } = this.#layers;
    // Nobody waits for a place at a target that is not asked anyway.
    if (!this.#mayAsk) {
      this.#refuse();
      return false;
    }
    if (total !== 0) {
      this.#totalEnds = sweep.after(total);
      this.#overdueAt = performance.now() + total;
    }
    const place = bulkhead === null ? 'has-place' : bulkhead.enter(this);
    if (place === 'is-full') {
      this.#owner.onDenied('target-busy', 'its bulkhead is full, and so is the queue', 0);
      return false;
    }
    if (place === 'waits') {
      this.#isQueued = true;
      this.#queueEnds = sweep.after(bulkhead!.wait);
      this.#watch();
      return false;
    }
    this.#takePlace();
    return this.#passCircuits();
  }

  onPlace(): void {
    this.#isQueued = false;
    this.#queueEnds = 0;
    this.#takePlace();
    // The target may have failed others while this one waited.
    if (this.#passCircuits()) this.#owner.onTurn();
  }

  reached(): void {
    this.#isReached = true;
    this.#layers.reach?.judge(this.#reachEra, 'good');
  }

  judge(verdict: Verdict): void {
    // Enough of a probe, for which everyone waits; of others the rest counts too, or what always breaks off would be well.
    if (verdict === 'good' && this.#layers.circuit?.isProbe(this.#circuitEra) !== true) this.#beganWell = true;
    else this.#settle(verdict);
  }

  #settle(verdict: Verdict): void {
    if (this.#isJudged) return;
    this.#isJudged = true;
    const { reach, circuit } = this.#layers;
    if (!this.#isReached) reach?.judge(this.#reachEra, verdict);
    // What never got to the target says nothing of its answers.
    circuit?.judge(this.#circuitEra, this.#isReached ? verdict : 'none');
  }

  resend(): boolean {
    const attempts = this.#layers.retry?.settings.attempts ?? Number.POSITIVE_INFINITY;
    if (this.#tries >= attempts) return false;
    this.#tries++;
    return true;
  }

  retry(after: number | null): boolean {
    const { retry } = this.#layers;
    if (retry === null || this.#tries >= retry.settings.attempts || !this.#mayAsk) return false;
    const { backoff } = retry.settings;
    const wait = Math.max(after ?? 0, Math.random() * longestWait(backoff, this.#tries - 1));
    if (wait > backoff.longest || performance.now() + wait > this.#overdueAt) return false;
    if (!this.#isRetry) {
      if (!retry.allowsAnother) return false;
      this.#isRetry = true;
      retry.retrying++;
    }
    // A timer for each, as retries are few: a tick of the sweep is as long as the waits that are to differ.
    this.#pause = setTimeout(() => this.#onPauseOver(), wait).unref();
    return true;
  }

  answered(): void {
    this.#totalEnds = 0;
    this.#layers.sweep.remove(this);
  }

  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const { bulkhead, retry, sweep } = this.#layers;
    sweep.remove(this);
    if (this.#pause !== null) clearTimeout(this.#pause);
    // A probe that nobody hears of any more would keep everyone else out for ever.
    this.#settle(this.#beganWell ? 'good' : 'none');
    if (this.#isRetry) retry!.retrying--;
    if (this.#isQueued) bulkhead!.quit(this);
    if (!this.#hasPlace) return;
    if (retry !== null) retry.active--;
    bulkhead?.leave();
  }

  expire(): void {
    this.deadline = 0;
    if (this.#queueEnds !== 0 && (this.#totalEnds === 0 || this.#queueEnds < this.#totalEnds)) {
      this.#owner.onDenied('target-busy', 'no place came free in time', 0);
      return;
    }
    this.#owner.onOverdue();
  }

  #onPauseOver(): void {
    this.#pause = null;
    if (this.#passCircuits()) this.#owner.onTurn();
  }

  #takePlace(): void {
    this.#hasPlace = true;
    if (this.#layers.retry !== null) this.#layers.retry.active++;
    this.#watch();
  }

  get #mayAsk(): boolean {
    const { reach, circuit } = this.#layers;
    return (reach === null || reach.admits) && (circuit === null || circuit.admits);
  }

  /** Begins a try, where both circuits let it; else its owner is told. */
  #passCircuits(): boolean {
    if (!this.#mayAsk) {
      this.#refuse();
      return false;
    }
    const { reach, circuit } = this.#layers;
    this.#tries++;
    this.#isReached = false;
    this.#isJudged = false;
    this.#beganWell = false;
    // Both admit it: neither gives its probe's place to a try that the other refuses.
    if (reach !== null) this.#reachEra = reach.enter();
    if (circuit !== null) this.#circuitEra = circuit.enter();
    return true;
  }

  #refuse(): void {
    const { reach, circuit } = this.#layers;
    const retryAfter = Math.max(reach?.retryAfter ?? 0, circuit?.retryAfter ?? 0);
    this.#owner.onDenied('circuit-open', 'it keeps failing and is not asked', retryAfter);
  }

  #watch(): void {
    const { sweep } = this.#layers;
    if (this.#totalEnds === 0 || this.#queueEnds === 0) this.deadline = this.#totalEnds + this.#queueEnds;
    else this.deadline = Math.min(this.#totalEnds, this.#queueEnds);
    if (this.deadline === 0) sweep.remove(this);
    else sweep.add(this);
  }
}
