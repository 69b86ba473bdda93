import { isEndless, longestBody } from '../domain/endless.ts';
import type { HeaderLines } from '../domain/header-lines.ts';
import type { SkipReason } from '../domain/shadow.ts';
import type { ResponseHead, Sweepable, Sweeper } from '../ports.ts';
import { Gathered } from './gathered.ts';
import type { Seen } from './pair.ts';
import type { Room } from './room.ts';

/** Why no more of an answer is listened to. */
export type Deafness = Extract<SkipReason, 'streaming' | 'body-too-large' | 'queue-full'>;

/** What the primary answers its caller, as far as it is kept. */
export class Overheard implements Sweepable {
  deadline = 0;
  sweepIndex = -1;
  readonly #sweep: Sweeper;
  readonly #limit: number;
  readonly #body: Gathered;
  readonly #onEndless: () => void;
  readonly #startedAt = performance.now();
  #status = 0;
  #headers: HeaderLines = [];

  /** @param limit bytes of its body that are kept. */
  constructor(sweep: Sweeper, room: Room, limit: number, onEndless: () => void) {
    this.#sweep = sweep;
    this.#limit = limit;
    this.#body = new Gathered(room, limit);
    this.#onEndless = onEndless;
  }

  get status(): number {
    return this.#status;
  }

  /** ms since its request went out. */
  get elapsed(): number {
    return performance.now() - this.#startedAt;
  }

  head(head: ResponseHead, told: HeaderLines): Deafness | null {
    this.#status = head.status;
    this.#headers = told.slice();
    if (isEndless(told)) return 'streaming';
    if (!head.hasBody) return null;
    if (head.contentLength > this.#limit) return 'body-too-large';
    this.deadline = this.#sweep.after(longestBody);
    this.#sweep.add(this);
    return null;
  }

  body(chunk: Buffer): Deafness | null {
    const fit = this.#body.add(chunk);
    if (fit === 'kept') return null;
    return fit === 'too-large' ? 'body-too-large' : 'queue-full';
  }

  /** All of it that counts. */
  seen(whole: boolean): Seen {
    this.#sweep.remove(this);
    return {
      status: this.#status,
      headers: this.#headers,
      body: this.#body.pieces,
      whole,
      milliseconds: this.elapsed,
    };
  }

  expire(): void {
    this.#onEndless();
  }

  release(): void {
    this.#sweep.remove(this);
    this.#body.release();
  }
}
