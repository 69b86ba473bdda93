import type { SkipReason } from '../domain/shadow.ts';
import type { TargetPort } from '../ports.ts';
import type { Breaker, Pass, Verdict } from './breaker.ts';
import type { LegacyGuard } from './legacy-guard.ts';

/** A target as the shadows of one route see it: where it fails on that route, it is left alone on that route. */
export class ShadowedTarget {
  readonly side: 'legacy' | 'service';
  readonly port: TargetPort;
  readonly #breaker: Breaker;
  readonly #guard: LegacyGuard | null;

  /** @param guard legacy's; a service is there to be asked. */
  constructor(side: 'legacy' | 'service', port: TargetPort, breaker: Breaker, guard: LegacyGuard | null) {
    this.side = side;
    this.port = port;
    this.#breaker = breaker;
    this.#guard = guard;
  }

  /** Why it may not be asked now; `null` when it may. */
  get refusal(): SkipReason | null {
    if (this.#breaker.closedToAll) return 'circuit-open';
    return this.#guard?.busy ? 'legacy-busy' : null;
  }

  /** For an exchange that nothing refuses. Whoever enters leaves. */
  enter(): Pass {
    this.#guard?.enter();
    return this.#breaker.enter() ?? 'plain';
  }

  left(pass: Pass, verdict: Verdict): void {
    this.#guard?.left();
    this.#breaker.left(pass, verdict);
  }

  /** It has begun to answer after so many ms. */
  heard(milliseconds: number): void {
    this.#guard?.heard(milliseconds);
  }
}
