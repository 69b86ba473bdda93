/**
 * The answer of a request that is published, on its way to the caller. Where its event has to be written down first, head
 * and body are held back until it is; what turns out to be no event, or can't be read, passes as it comes. The caller
 * gets the same bytes either way.
 */
import { isEndless } from '../domain/endless.ts';
import { type HeaderLines, headerValue } from '../domain/header-lines.ts';
import type { Publication, Sweepable, Sweeper, Tap } from '../ports.ts';
import { BodyCopy } from './body-copy.ts';
import type { Decision } from './decide.ts';
import type { Reply } from './reply.ts';
import type { RawRequest } from './screen.ts';

/** ms from its head on that an answer is held back at most: one that goes on for longer is a stream. */
const longestHold = 30_000;

type BodyTap = Pick<Tap, 'requestBody' | 'requestEnd'>;

interface Head {
  readonly status: number;
  readonly reason: string;
  readonly headers: string[];
  readonly close: boolean;
}

/** The reply of a request of which something is told; `null` where nothing is. */
export function publishedReply(
  { lane, params }: Decision,
  { method, url, rawHeaders }: RawRequest,
  hasBody: boolean,
  trusted: boolean,
  reply: Reply,
  sweep: Sweeper,
): PublishedReply | null {
  const publication = lane!.publish!.begin({ method, url, rawHeaders, params: params ?? [], trusted });
  return publication === null ? null : new PublishedReply(reply, publication, hasBody, sweep);
}

export class PublishedReply implements Reply, Sweepable {
  deadline = 0;
  sweepIndex = -1;
  readonly highestStatus: number;
  /** Resolves when the event of a whole answer that is held back is written down: `relay` follows; `null` while none is. */
  told: Promise<void> | null = null;
  readonly #reply: Reply;
  readonly #publication: Publication;
  readonly #sweep: Sweeper;
  readonly #request: BodyCopy | null;
  /** The head that waits for its event; `null` while nothing is held back. */
  #held: Head | null = null;
  /** What is read of the answer; `null` where nothing is. */
  #answer: BodyCopy | null = null;
  #headers: HeaderLines = [];
  #trailers: readonly string[] = [];
  /** What of the whole answer the caller has not been sent yet; `null` before and after. */
  #unsent: Buffer[] | null = null;
  #isBeingTold = false;
  #isOver = false;
  /** Nobody takes the answer any more. */
  #abandoned = false;

  constructor(reply: Reply, publication: Publication, hasBody: boolean, sweep: Sweeper) {
    this.#reply = reply;
    this.#publication = publication;
    this.#sweep = sweep;
    this.highestStatus = reply.highestStatus;
    this.#request = publication.readsRequest ? new BodyCopy(publication.limit) : null;
    if (!hasBody) this.#request?.end();
  }

  /** Whether the request may leave; false: it is refused. */
  intend(): Promise<boolean> {
    return this.#publication.intend();
  }

  /** Who hears of the request's body, beside `other`. */
  tap(other: BodyTap | null): BodyTap | null {
    const copy = this.#request;
    if (copy === null) return other;
    return {
      requestBody(chunk) {
        copy.add(chunk);
        other?.requestBody(chunk);
      },
      requestEnd() {
        copy.end();
        other?.requestEnd();
      },
    };
  }

  /** Whether the answer is of use without its caller. */
  get awaitsAnswer(): boolean {
    return !this.#isOver;
  }

  /** The caller has left: what comes is only read. */
  abandon(): void {
    this.#abandoned = true;
  }

  get abandoned(): boolean {
    return this.#abandoned;
  }

  /** No answer is to come, or none that counts. `reason`: why nobody knows what happened; `null`: nothing has. */
  giveUp(reason: string | null): void {
    const wasOver = this.#isOver;
    this.#end();
    if (wasOver) return;
    if (reason === null) this.#publication.dismiss();
    else this.#publication.leaveOpen(reason);
  }

  interim(status: number, reason: string, headers: readonly string[]): void {
    if (!this.#abandoned) this.#reply.interim(status, reason, headers);
  }

  head(status: number, reason: string, headers: string[], close: boolean): void {
    const head = { status, reason, headers, close };
    if (this.#isOver || !this.#publication.takes(status)) {
      this.#end();
      this.#relayHead(head);
      return;
    }
    this.#headers = headers.slice();
    if (isEndless(headers)) this.giveUp('the answer is a stream');
    else if (announcedLength(headers) > this.#publication.limit) this.giveUp(tooLarge);
    else this.#answer = new BodyCopy(this.#publication.limit);
    if (this.#answer === null || !this.#publication.durable) {
      this.#relayHead(head);
      return;
    }
    this.#held = head;
    this.deadline = this.#sweep.after(longestHold);
    this.#sweep.add(this);
  }

  flush(): void {
    if (this.#passes) this.#reply.flush();
  }

  cork(): void {
    if (this.#passes) this.#reply.cork();
  }

  uncork(): void {
    if (this.#passes) this.#reply.uncork();
  }

  write(chunk: Buffer): boolean {
    this.#read(chunk);
    return this.#passes ? this.#reply.write(chunk) : true;
  }

  writeWhole(chunk: Buffer): void {
    this.#read(chunk);
    if (this.#passes) this.#reply.writeWhole(chunk);
  }

  end(trailers: readonly string[]): void {
    const answer = this.#answer;
    answer?.end();
    const body = answer?.whole() ?? null;
    if (body === null) {
      if (this.#passes) this.#reply.end(trailers);
      return;
    }
    const told = this.#publication.answered(this.#headers, body, this.#request?.whole() ?? null);
    if (this.#held === null) {
      // Nobody waits for it, but its bytes are in memory until it is written down.
      this.#isBeingTold = true;
      void told.finally(() => {
        this.#isBeingTold = false;
        this.#end();
      });
      if (this.#passes) this.#reply.end(trailers);
      this.#end();
      return;
    }
    this.#trailers = trailers;
    this.told = told;
  }

  /** Part of what was held back has left; the rest waits for a caller that is slow. */
  get isRelaying(): boolean {
    return this.#unsent !== null;
  }

  /** Lets go a whole answer that was held back; false: the caller is slow, and this is to be called again. */
  relay(): boolean {
    if (this.told === null) return true;
    this.#unsent ??= this.#toSend();
    while (this.#passes && this.#unsent.length > 0) {
      if (!this.#reply.write(this.#unsent.shift()!)) return false;
    }
    this.#end();
    if (this.#passes) this.#reply.end(this.#trailers);
    return true;
  }

  /** Sends the head, with the body where that is small; from here on nobody but the caller is waited for. */
  #toSend(): Buffer[] {
    this.#isOver = true;
    this.#sweep.remove(this);
    const head = this.#held;
    this.#held = null;
    if (head === null) return [];
    this.#relayHead(head);
    const pieces = [...(this.#answer?.pieces ?? [])];
    if (pieces.length !== 1 || this.#abandoned) return pieces;
    this.#reply.writeWhole(pieces[0]!);
    return [];
  }

  cut(): void {
    this.#release();
    this.giveUp(this.#abandoned ? 'the caller left, and the target took too long' : 'the answer broke off');
    if (!this.#abandoned) this.#reply.cut();
    this.#abandoned = true;
  }

  /** It has been held back for too long. */
  expire(): void {
    this.#release();
    this.giveUp(`the answer took longer than ${longestHold / 1000} s`);
    this.flush();
  }

  get #passes(): boolean {
    return this.#held === null && !this.#abandoned;
  }

  #read(chunk: Buffer): void {
    if (this.#answer === null) return;
    const fit = this.#answer.add(chunk);
    if (fit === 'kept') return;
    this.#release();
    this.giveUp(fit === 'too-large' ? tooLarge : 'too many answers were being read at the time');
  }

  #relayHead({ status, reason, headers, close }: Head): void {
    if (!this.#abandoned) this.#reply.head(status, reason, headers, close);
  }

  /** Lets go what was held back, in as few writes as there can be. */
  #release(): void {
    const head = this.#held;
    if (head === null) return;
    this.#held = null;
    this.#relayHead(head);
    if (this.#abandoned) return;
    const pieces = this.#answer?.pieces ?? [];
    if (pieces.length === 1) this.#reply.writeWhole(pieces[0]!);
    else for (const piece of pieces) this.#reply.write(piece);
  }

  #end(): void {
    this.#isOver = true;
    this.deadline = 0;
    this.#sweep.remove(this);
    this.#unsent = null;
    if (this.#isBeingTold) return;
    this.#answer?.release();
    this.#answer = null;
    this.#request?.release();
  }
}

const tooLarge = 'the answer is larger than "limit"';

function announcedLength(headers: HeaderLines): number {
  return Number(headerValue(headers, 'content-length') ?? 0);
}
