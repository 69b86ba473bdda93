import { type HeaderLines, headerValue } from '../domain/header-lines.ts';
import type { SkipReason } from '../domain/shadow.ts';
import type { Mirrored, ResponseHead, Tap } from '../ports.ts';
import { type Errand, lookOf } from './errand.ts';
import { Exchange, type Question, type Told } from './exchange.ts';
import { Gathered } from './gathered.ts';
import { isHonoured, markerFields } from './marker.ts';
import { type Deafness, Overheard } from './overheard.ts';
import type { Seen } from './pair.ts';
import type { Waiter } from './room.ts';
import { faultEvent } from './safe-tap.ts';
import type { ShadowedTarget } from './shadowed-target.ts';
import { newTraceparent } from './traceparent.ts';
import type { Startable, Works } from './works.ts';

const unmarked = 'answered the copy of a write without "x-strangler-shadow: honoured"';

/**
 * One request beside its caller's way: what the primary answered is gathered, the other target is asked the same, and
 * the two make a pair. However it goes, it is counted exactly once.
 */
export class Shadowing implements Tap, Waiter, Startable {
  readonly #works: Works;
  readonly #errand: Errand;
  readonly #request: Mirrored;
  /** ms since the epoch: what a reload changes meanwhile is not what this began with. */
  readonly #at: number;
  readonly #primary: 'legacy' | 'service';
  readonly #traceparent: string;
  readonly #fields: string;
  readonly #requestBody: Gathered | null;
  readonly #overheard: Overheard;
  #requestWhole: boolean;
  /** What the primary answered, once all of it that counts is here. */
  #answered: Seen | null = null;
  #other: Seen | 'failed' | null = null;
  /** `undefined` while legacy is yet to answer a second time. */
  #again: Seen | null | undefined;
  #exchange: Exchange | null = null;
  #secondExchange: Exchange | null = null;
  #done = false;

  constructor(works: Works, errand: Errand, request: Mirrored, primary: 'legacy' | 'service') {
    const { body } = errand.route.shadow;
    this.#works = works;
    this.#at = works.clock.now();
    this.#errand = errand;
    this.#request = request;
    this.#primary = primary;
    const given = headerValue(request.rawHeaders, 'traceparent');
    this.#traceparent = given ?? newTraceparent();
    this.#fields = markerFields(given === null ? this.#traceparent : null);
    this.#requestBody = request.hasBody ? new Gathered(works.room, body) : null;
    this.#overheard = new Overheard(works.sweep, works.room, body, () => this.#skip('streaming'));
    this.#requestWhole = !request.hasBody;
    this.#again = errand.again ? undefined : null;
    works.open.add(this);
    if (this.#requestWhole) this.#askBeside();
  }

  requestBody(chunk: Buffer): void {
    if (this.#deaf) return;
    const fit = this.#requestBody!.add(chunk);
    if (fit !== 'kept') this.#skip(fit === 'no-room' ? 'queue-full' : 'body-too-large');
  }

  requestEnd(): void {
    if (this.#deaf) return;
    this.#requestWhole = true;
    this.#askBeside();
  }

  head(head: ResponseHead, told: HeaderLines): void {
    if (this.#deaf) return;
    const deafness = this.#overheard.head(head, told);
    const byLegacy = this.#primary === 'legacy';
    if (byLegacy) this.#errand.legacy.heard(this.#overheard.elapsed);
    if (byLegacy && head.status >= 500) this.#skip('legacy-failed');
    else if (deafness !== null) this.#hearNoMore(deafness);
  }

  body(chunk: Buffer): void {
    if (this.#deaf || this.#answered !== null) return;
    const deafness = this.#overheard.body(chunk);
    if (deafness !== null) this.#hearNoMore(deafness);
  }

  complete(): void {
    if (this.#deaf) return;
    // The primary did not wait for all of the request: its answer is to something else than a copy would ask.
    if (!this.#requestWhole) this.#skip('aborted');
    else if (this.#answered === null) this.#onAnswered(true);
  }

  failed(): void {
    if (this.#deaf) return;
    if (this.#primary === 'legacy') this.#skip('legacy-failed');
    else this.#serviceFailed();
  }

  fellThrough(): void {
    if (!this.#deaf) this.#skip('fallthrough');
  }

  gone(): void {
    if (!this.#deaf) this.#skip('aborted');
  }

  /** The primary is on its way, or has answered: it is the copy's turn, as soon as there is a place. */
  start(): void {
    if (this.#deaf) return;
    const { room } = this.#works;
    if (room.enter()) this.onTurn();
    else if (!room.wait(this)) this.#skip('queue-full');
  }

  onTurn(): void {
    const { honour } = this.#errand;
    const asks = this.#errand.asks!;
    const refusal = asks.refusal ?? honour?.refusal ?? null;
    if (refusal !== null) {
      this.#works.room.leave();
      this.#skip(refusal);
      return;
    }
    honour?.begin();
    const accepts = honour === null ? null : isHonoured;
    this.#exchange = this.#ask(asks, accepts, (told) => this.#onOther(told));
  }

  onWaitedTooLong(): void {
    this.#skip('queue-full');
  }

  /** The proxy goes: whoever has not answered yet is not waited for. */
  drop(): void {
    this.#skip('shut-down');
  }

  onFault(error: unknown): void {
    this.#works.events.emit(faultEvent(this.#errand.route.id, error));
    this.#skip('compare-failed');
  }

  get #deaf(): boolean {
    return this.#done || this.#works.closed;
  }

  #askBeside(): void {
    const { asks, afterPrimary } = this.#errand;
    if (asks !== null && !afterPrimary) this.#works.queue.push(this);
  }

  #ask(target: ShadowedTarget, accepts: Question['accepts'], tell: (told: Told) => void): Exchange {
    const { shadow } = this.#errand.route;
    const question: Question = {
      request: this.#request,
      target,
      fields: this.#fields,
      body: this.#requestBody,
      get: null,
      timeout: shadow.timeout,
      keep: shadow.body,
      accepts,
    };
    const exchange = new Exchange(this.#works, question, (told) => {
      try {
        tell(told);
      } catch (error) {
        this.onFault(error);
      }
    });
    exchange.begin();
    return exchange;
  }

  /** Legacy's answer has to be whole; of a service's it is enough to know that there is more than is kept. */
  #hearNoMore(deafness: Deafness): void {
    if (deafness === 'body-too-large' && this.#primary === 'service') this.#onAnswered(false);
    else this.#skip(deafness);
  }

  #onAnswered(whole: boolean): void {
    this.#answered = this.#overheard.seen(whole);
    const { afterPrimary, look } = this.#errand;
    if ((afterPrimary || look === 'readback') && this.#overheard.status >= 400) {
      this.#skip('legacy-failed');
      return;
    }
    if (afterPrimary) this.#works.queue.push(this);
    if (this.#primary === 'legacy') this.#askAgain();
    this.#conclude();
  }

  #onOther(told: Told): void {
    const { honour } = this.#errand;
    if (told === 'not-accepted' && honour!.broken()) this.#stopped(unmarked);
    else if (told === 'unreached') honour?.unreached();
    else if (typeof told !== 'string' || told === 'no-room') honour?.kept();
    else if (told === 'failed' && honour?.unanswered()) this.#stopped('left the copies of writes unanswered');

    if (told === 'no-room') this.#skip('queue-full');
    else if (this.#primary === 'legacy') this.#other = typeof told === 'string' ? 'failed' : told;
    else if (typeof told === 'string' || told.status >= 500) this.#skip('legacy-failed');
    else if (!told.whole) this.#skip('body-too-large');
    else {
      this.#other = told;
      this.#askAgain();
    }
    this.#conclude();
  }

  /** What the service was told not to carry out it may have carried out. */
  #stopped(what: string): void {
    const { id, service } = this.#errand.route;
    this.#works.events.emit({ type: 'shadow.stopped', route: id, reason: `${service} ${what}` });
  }

  /** Legacy once more, after its first answer; where it can't be asked, its noise is not learned from this request. */
  #askAgain(): void {
    if (this.#again !== undefined) return;
    const { legacy } = this.#errand;
    if (legacy.refusal !== null || !this.#works.room.enter()) {
      this.#again = null;
      return;
    }
    this.#secondExchange = this.#ask(legacy, null, (told) => {
      this.#again = typeof told === 'string' || !told.whole ? null : told;
      this.#conclude();
    });
  }

  /** Hands the pair over once everything that it is made of has come. */
  #conclude(): void {
    if (this.#deaf || this.#answered === null || this.#again === undefined) return;
    const { asks, counted } = this.#errand;
    if (asks !== null && this.#other === null) return;
    if (this.#other === 'failed') this.#serviceFailed();
    else if (counted || this.#again !== null) this.#compare(this.#answered, this.#other, this.#again);
    else this.#end();
  }

  #compare(answered: Seen, other: Seen | null, again: Seen | null): void {
    const { method, url, rawHeaders, clientIp } = this.#request;
    const byLegacy = this.#primary === 'legacy';
    this.#works.comparer.compare({
      route: this.#errand.route.id,
      arm: this.#primary,
      at: this.#at,
      method,
      url,
      headers: rawHeaders,
      clientIp,
      requestBody: this.#requestBody?.pieces ?? null,
      traceparent: this.#traceparent,
      legacy: byLegacy ? answered : other!,
      service: byLegacy ? other : answered,
      again,
      look: lookOf(this.#works, this.#errand, this.#request, this.#fields),
    });
    this.#end();
  }

  #serviceFailed(): void {
    if (this.#errand.counted) this.#works.tallies.serviceFailed(this.#errand.route.id, this.#primary, this.#at);
    this.#end();
  }

  #skip(reason: SkipReason): void {
    if (this.#done) return;
    if (this.#errand.counted) this.#works.tallies.skipped(this.#errand.route.id, this.#primary, reason, this.#at);
    // A caller who leaves, or a failing legacy, does not change what happens to the other target.
    if (reason === 'aborted' || reason === 'legacy-failed') {
      this.#exchange?.ignore();
      this.#exchange = null;
    }
    this.#end();
  }

  /** Lets go of everything, and of whoever is still being asked. */
  #end(): void {
    this.#done = true;
    this.#works.open.delete(this);
    this.#works.room.stopWaiting(this);
    this.#exchange?.abandon();
    this.#exchange?.release();
    this.#secondExchange?.abandon();
    this.#secondExchange?.release();
    this.#requestBody?.release();
    this.#overheard.release();
  }
}
