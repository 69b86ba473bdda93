import type { Mirrored, Sweepable } from '../ports.ts';
import { Exchange, type Told } from './exchange.ts';
import type { Look, LookFailure, Seen } from './pair.ts';
import type { ShadowedTarget } from './shadowed-target.ts';
import type { Works } from './works.ts';

/** Second looks and readbacks that may wait or be under way at a time. */
const mostLooks = 64;

/** How often a look that legacy has no time for tries again, and after how many ms. */
const mostTries = 20;
const untilNextTry = 100;

type Hear = Parameters<Look['ask']>[2];

export interface Lookout {
  readonly works: Works;
  readonly request: Mirrored;
  readonly legacy: ShadowedTarget;
  readonly service: ShadowedTarget;
  readonly fields: string;
  readonly timeout: number;
  readonly keep: number;
  /** The service's own path of what legacy knows as `path`, asked for as `request` was. */
  readonly servicePath: (request: Mirrored, path: string) => string;
}

/** How both sides of a pair can be asked again. */
export function lookFrom(lookout: Lookout): Look {
  return {
    ask(delay, path, told) {
      const { works } = lookout;
      if (works.closed) told(null, 'shut-down');
      else if (path !== null && !isPath(path)) told(null, 'compare-failed');
      else if (works.looks.size >= mostLooks) told(null, 'queue-full');
      else new SecondLook(lookout, path, told).wait(delay);
    },
  };
}

/** Both sides asked once more, after a while. */
export class SecondLook implements Sweepable {
  deadline = 0;
  sweepIndex = -1;
  readonly #lookout: Lookout;
  readonly #path: string | null;
  readonly #hear: Hear;
  #tries = 0;
  #exchanges: Exchange[] = [];
  #legacy: Seen | null = null;
  #service: Seen | null = null;

  constructor(lookout: Lookout, path: string | null, hear: Hear) {
    this.#lookout = lookout;
    this.#path = path;
    this.#hear = hear;
  }

  /** @param delay ms. */
  wait(delay: number): void {
    const { looks, sweep } = this.#lookout.works;
    looks.add(this);
    this.deadline = sweep.after(Math.max(1, delay));
    sweep.add(this);
  }

  /** The time has come. */
  expire(): void {
    const { works, request, legacy, service, servicePath } = this.#lookout;
    if (legacy.refusal === 'legacy-busy' && ++this.#tries < mostTries) {
      this.deadline = works.sweep.after(untilNextTry);
      return;
    }
    works.sweep.remove(this);
    const refusal = legacy.refusal ?? service.refusal ?? (works.room.enter(2) ? null : 'queue-full');
    if (refusal !== null) {
      this.#end(null, refusal);
      return;
    }
    const path = this.#path;
    const own = path === null ? null : servicePath(request, path);
    const first = this.#exchange(legacy, path, (told) => this.#onLegacy(told));
    const second = this.#exchange(service, own, (told) => this.#onService(told));
    this.#exchanges = [first, second];
    first.begin();
    second.begin();
  }

  /** The proxy has gone. */
  drop(): void {
    this.#end(null, 'shut-down');
  }

  #exchange(target: ShadowedTarget, get: string | null, tell: (told: Told) => void): Exchange {
    const { works, request, fields, timeout, keep } = this.#lookout;
    return new Exchange(works, { request, target, fields, body: null, get, timeout, keep, accepts: null }, tell);
  }

  #onLegacy(told: Told): void {
    if (typeof told === 'string') this.#end(null, told === 'no-room' ? 'queue-full' : 'legacy-failed');
    else {
      this.#legacy = told;
      this.#conclude();
    }
  }

  #onService(told: Told): void {
    if (typeof told === 'string') this.#end(null, told === 'no-room' ? 'queue-full' : 'service-failed');
    else {
      this.#service = told;
      this.#conclude();
    }
  }

  #conclude(): void {
    if (this.#legacy !== null && this.#service !== null) this.#end({ legacy: this.#legacy, service: this.#service });
  }

  #end(both: Parameters<Hear>[0], why?: LookFailure): void {
    if (!this.#lookout.works.looks.delete(this)) return;
    this.#hear(both, why);
    for (const exchange of this.#exchanges) {
      exchange.abandon();
      exchange.release();
    }
  }
}

/** What may stand in a request line. Part of a path comes from an answer: it must not become a line of its own. */
function isPath(text: string): boolean {
  return text.startsWith('/') && text.length <= 8_192 && /^[!-~]+$/.test(text) && !text.includes('#');
}
