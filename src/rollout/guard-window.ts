import { type ArmCount, emptyArm } from '../domain/rollout/arm-counts.ts';
import type { ArmEvidence } from '../domain/rollout/model.ts';

interface Piece {
  /** By a clock that only goes on, in ms. */
  readonly at: number;
  readonly arm: 'service' | 'legacy';
  readonly requests: number;
  readonly failures: number;
}

interface Sums {
  requests: number;
  failures: number;
}

/** What the arms of one route did in the last while. */
export class GuardWindow {
  readonly #route: string;
  readonly #sums: Record<Piece['arm'], Sums> = {
    service: { requests: 0, failures: 0 },
    legacy: { requests: 0, failures: 0 },
  };
  #pieces: Piece[] = [];

  constructor(route: string) {
    this.#route = route;
  }

  add({ arm, requests, failures }: ArmCount, at: number): void {
    this.#pieces.push({ at, arm, requests, failures });
    this.#sums[arm].requests += requests;
    this.#sums[arm].failures += failures;
  }

  /** Lets go of what was told before `from`. True: nothing is left. */
  forgetBefore(from: number): boolean {
    const kept = this.#pieces.findIndex(({ at }) => at >= from);
    const gone = kept === -1 ? this.#pieces : this.#pieces.slice(0, kept);
    for (const { arm, requests, failures } of gone) {
      this.#sums[arm].requests -= requests;
      this.#sums[arm].failures -= failures;
    }
    this.#pieces = kept === -1 ? [] : this.#pieces.slice(kept);
    return this.#pieces.length === 0;
  }

  /** Without latencies: the guard asks for none. */
  get evidence(): ArmEvidence {
    const figures = (sums: Sums) => ({ ...emptyArm, ...sums });
    return { route: this.#route, service: figures(this.#sums.service), legacy: figures(this.#sums.legacy) };
  }
}
