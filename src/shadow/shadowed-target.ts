import type { SkipReason } from '../domain/shadow.ts';
import type { TargetPort } from '../ports.ts';
import type { Breaker, Pass, Verdict } from './breaker.ts';
import type { LegacyAllowance } from './legacy-allowance.ts';

/** A target as the shadows of one route see it: where it fails on that route, it is left alone on that route. */
export class ShadowedTarget {
  readonly side: 'legacy' | 'service';
  readonly port: TargetPort;
  readonly #breaker: Breaker;
  readonly #allowance: LegacyAllowance | null;

  /** @param allowance legacy's; a service is there to be asked. */
  constructor(side: 'legacy' | 'service', port: TargetPort, breaker: Breaker, allowance: LegacyAllowance | null) {
    this.side = side;
    this.port = port;
    this.#breaker = breaker;
    this.#allowance = allowance;
  }

  /** Why it may not be asked now; `null` when it may. */
  get refusal(): SkipReason | null {
    if (this.#breaker.closedToAll) return 'circuit-open';
    return this.#allowance?.busy ? 'legacy-busy' : null;
  }

  /** For an exchange that nothing refuses. Whoever enters leaves. */
  enter(): Pass {
    this.#allowance?.enter();
    return this.#breaker.enter() ?? 'plain';
  }

  left(pass: Pass, verdict: Verdict): void {
    this.#allowance?.left();
    this.#breaker.left(pass, verdict);
  }

  /** It has begun to answer after so many ms. */
  heard(milliseconds: number): void {
    this.#allowance?.heard(milliseconds);
  }
}
