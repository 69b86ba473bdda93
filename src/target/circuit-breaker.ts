import { admits, type Circuit, closedCircuit, entered, judged, type Verdict } from '../domain/circuit.ts';
import type { CircuitStanding } from '../domain/circuit-standing.ts';
import type { CircuitSettings } from '../domain/policies.ts';
import type { EventSink } from '../ports.ts';

export interface CircuitAbout {
  readonly target: string;
  /** `*` for the target as a whole. */
  readonly route: string;
  readonly settings: CircuitSettings;
  /** ms that a probe may be out before another request tries too. */
  readonly patience: number;
}

/** Keeps one circuit: gives it the clock, and says aloud when it opens and closes. */
export class CircuitBreaker {
  readonly #target: string;
  readonly #route: string;
  readonly #settings: CircuitSettings;
  readonly #patience: number;
  readonly #events: EventSink;
  #circuit: Circuit = closedCircuit();
  #opened = 0;

  constructor({ target, route, settings, patience }: CircuitAbout, events: EventSink) {
    this.#target = target;
    this.#route = route;
    this.#settings = settings;
    this.#patience = patience;
    this.#events = events;
  }

  /** Whether a request may be sent now. */
  get admits(): boolean {
    return this.#circuit.phase === 'closed' || admits(this.#circuit, performance.now());
  }

  /** ms until the next probe; 0 where nobody knows. */
  get retryAfter(): number {
    return this.#circuit.phase === 'open' ? Math.max(0, this.#circuit.until - performance.now()) : 0;
  }

  /** `null` where it was never opened. */
  get standing(): CircuitStanding | null {
    if (this.#opened === 0) return null;
    const { phase } = this.#circuit;
    const why = this.#circuit.phase === 'closed' ? '' : this.#circuit.why;
    return { target: this.#target, route: this.#route, phase, why, opened: this.#opened };
  }

  /** Lets a request through that it admits. Returns the era that it goes by. */
  enter(): number {
    if (this.#circuit.phase !== 'closed') this.#circuit = entered(this.#circuit, performance.now() + this.#patience);
    return this.#circuit.era;
  }

  /** Whether whoever was let through in this era tries the target for everyone. */
  isProbe(era: number): boolean {
    return this.#circuit.phase === 'half-open' && this.#circuit.era === era;
  }

  judge(era: number, verdict: Verdict): void {
    const before = this.#circuit;
    const after = judged(before, era, verdict, this.#settings, performance.now());
    this.#circuit = after;
    if (after.phase === before.phase) return;
    if (after.phase === 'closed') this.#emit('circuit.closed', '');
    // A probe that fails says what is known already.
    else if (before.phase === 'closed' && after.phase === 'open') {
      this.#opened++;
      this.#emit('circuit.opened', after.why);
    }
  }

  #emit(type: 'circuit.opened' | 'circuit.closed', why: string): void {
    const about = { target: this.#target, route: this.#route };
    this.#events.emit(type === 'circuit.opened' ? { type, ...about, why } : { type, ...about });
  }
}
