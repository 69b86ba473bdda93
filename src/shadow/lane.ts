import type { HeaderLines } from '../domain/header-lines.ts';
import { isSafe } from '../domain/method.ts';
import type { SkipReason } from '../domain/shadow.ts';
import type { Mirrored, MirrorLane, Tap } from '../ports.ts';
import type { Errand, Errands } from './errand.ts';
import { isMarked } from './marker.ts';
import { faultEvent, SafeTap } from './safe-tap.ts';
import { Shadowing } from './shadowing.ts';
import type { Works } from './works.ts';

/** One route's shadow: decides what becomes of each of its requests. */
export class ShadowLane implements MirrorLane {
  readonly #works: Works;
  readonly #errands: Errands;
  readonly #percent: number;
  readonly #calibrateUntil: number;

  /** @param calibrateUntil ms since the epoch. */
  constructor(works: Works, errands: Errands, percent: number, calibrateUntil: number) {
    this.#works = works;
    this.#errands = errands;
    this.#percent = percent;
    this.#calibrateUntil = calibrateUntil;
  }

  begin(request: Mirrored, primary: 'legacy' | 'service'): Tap | null {
    try {
      return this.#begin(request, primary);
    } catch (error) {
      this.#works.events.emit(faultEvent(this.#errands.calibration.route.id, error));
      return null;
    }
  }

  #begin(request: Mirrored, primary: 'legacy' | 'service'): Tap | null {
    const works = this.#works;
    if (works.closed || isMarked(request.rawHeaders)) return null;
    const errand = this.#percent === 0 ? null : this.#errandFor(request, primary);
    if (errand !== null && typeof errand !== 'string') return this.#shadow(errand, request, primary);
    if (errand !== null) works.tallies.skipped(this.#errands.calibration.route.id, primary, errand);
    if (primary === 'service' || !this.#calibrates(request)) return null;
    return this.#shadow(this.#errands.calibration, request, primary);
  }

  #shadow(errand: Errand, request: Mirrored, primary: 'legacy' | 'service'): Tap {
    this.#works.governor.made();
    return new SafeTap(new Shadowing(this.#works, errand, request, primary));
  }

  upgrade(rawHeaders: HeaderLines, primary: 'legacy' | 'service'): void {
    const { tallies, closed } = this.#works;
    if (closed || this.#percent === 0 || isMarked(rawHeaders)) return;
    tallies.skipped(this.#errands.calibration.route.id, primary, 'upgrade');
  }

  /** In the order in which a report can make something of the reasons: what never is shadowed, then chance, then load. */
  #errandFor(request: Mirrored, primary: 'legacy' | 'service'): Errand | SkipReason {
    const { governor, room, chance } = this.#works;
    const { shadow } = this.#errands.calibration.route;
    const { method } = request;
    const safe = isSafe(method);
    if (!shadow.methods.includes(method) || !(safe || this.#copiesWrites(primary))) return 'unsafe-method';
    if (chance() * 100 >= this.#percent) return 'not-sampled';
    if (!governor.admits()) return 'overloaded';
    if (request.bodyLength > shadow.body) return 'body-too-large';
    if (room.full) return 'queue-full';
    const errand = safe ? this.#readErrand(method, primary) : this.#errands.write!;
    return errand.asks?.refusal ?? errand.honour?.refusal ?? errand;
  }

  /** What the service has written is never copied to legacy, whose data is what callers live by. */
  #copiesWrites(primary: 'legacy' | 'service'): boolean {
    const { write } = this.#errands;
    return primary === 'legacy' && write !== null && write.honour?.refusal !== 'unsafe-method';
  }

  #readErrand(method: string, primary: 'legacy' | 'service'): Errand {
    const { besideLegacy, besideLegacyTwice, besideService, besideServiceTwice } = this.#errands;
    const twice = (method === 'GET' || method === 'HEAD') && this.#asksTwice();
    if (primary === 'legacy') return twice ? besideLegacyTwice : besideLegacy;
    return twice ? besideServiceTwice : besideService;
  }

  #asksTwice(): boolean {
    const { noise } = this.#errands.calibration.route.shadow;
    return (noise > 0 && this.#works.chance() * 100 < noise) || this.#calibrating;
  }

  get #calibrating(): boolean {
    return this.#calibrateUntil !== 0 && this.#works.clock.now() < this.#calibrateUntil;
  }

  #calibrates({ method }: Mirrored): boolean {
    if ((method !== 'GET' && method !== 'HEAD') || !this.#calibrating) return false;
    const { governor, room } = this.#works;
    return governor.admits() && !room.full && this.#errands.calibration.legacy.refusal === null;
  }
}
