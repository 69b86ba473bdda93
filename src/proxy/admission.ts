import { onTime, type Pace, paceAfter } from '../domain/overload.ts';
import type { ListenSettings } from '../domain/settings.ts';
import type { EventSink } from '../ports.ts';

/** ms between two looks at the event loop. */
const interval = 100;

/** Looks without a refusal after which an overload is over. */
const overAfter = 50;

/**
 * Lets in what can be served. With more than that under way every answer comes too late for its caller, who asks again,
 * and the proxy does nothing but work that nobody waits for any more: so a part is refused at once. Copies for shadows
 * were shed long before.
 */
export class Admission {
  readonly #events: EventSink;
  readonly #underWay: () => number;
  #limits: Pick<ListenSettings['limits'], 'concurrent' | 'lag'> = { concurrent: 0, lag: 0 };
  #pace: Pace = onTime;
  #timer: NodeJS.Timeout | null = null;
  #lookedAt = 0;
  /** Refusals of the overload that goes on; 0 where there is none. */
  #refused = 0;
  #refusedBefore = 0;
  #quietLooks = 0;

  constructor(events: EventSink, underWay: () => number) {
    this.#events = events;
    this.#underWay = underWay;
  }

  apply(limits: ListenSettings['limits']): void {
    this.#limits = limits;
    if (limits.lag === 0) this.#pace = onTime;
    if (this.#timer !== null) return;
    this.#lookedAt = performance.now();
    this.#timer = setInterval(() => this.#look(), interval).unref();
  }

  /** Whether one more request may begin. Whoever is told no is counted. */
  admits(): boolean {
    const { concurrent } = this.#limits;
    const full = concurrent !== 0 && this.#underWay() >= concurrent;
    if (!full && !this.#pace.behind) return true;
    if (this.#refused++ === 0) {
      this.#events.emit({ type: 'overload.began', by: full ? 'requests' : 'lag', requests: this.#underWay() });
    }
    return false;
  }

  close(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  #look(): void {
    const now = performance.now();
    this.#pace = paceAfter(this.#pace, now - this.#lookedAt - interval, this.#limits.lag);
    this.#lookedAt = now;
    if (this.#refused === 0) return;
    this.#quietLooks = this.#refused === this.#refusedBefore ? this.#quietLooks + 1 : 0;
    this.#refusedBefore = this.#refused;
    if (this.#quietLooks < overAfter) return;
    this.#events.emit({ type: 'overload.ended', refused: this.#refused });
    this.#refused = 0;
    this.#refusedBefore = 0;
  }
}
