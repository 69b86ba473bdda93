import type { ErrorCode } from '../domain/errors.ts';
import type { HeaderLines } from '../domain/header-lines.ts';
import { isSafe } from '../domain/method.ts';
import type { Answer, Asked, InstancePort, Mirrored, ResponseHead, Sweepable, TargetConnection } from '../ports.ts';
import type { Pass, Verdict } from './breaker.ts';
import { Gathered } from './gathered.ts';
import type { Seen } from './pair.ts';
import type { ShadowedTarget } from './shadowed-target.ts';
import type { Works } from './works.ts';

/** What is asked of a target besides what its callers ask. */
export interface Question {
  readonly request: Mirrored;
  readonly target: ShadowedTarget;
  /** Whole lines that the head gets besides the request's own. */
  readonly fields: string;
  readonly body: Gathered | null;
  /** Another path to GET instead of asking the same. */
  readonly get: string | null;
  /** ms for all of it. */
  readonly timeout: number;
  /** Bytes of the answer's body that are kept. */
  readonly keep: number;
  /** Looks at the answer's fields; false gives the exchange up. */
  readonly accepts: ((fields: HeaderLines) => boolean) | null;
}

/** `unreached`: it failed before any of the request was sent. `no-room`: all shadows together hold as much as they may. `not-accepted`: see {@link Question.accepts}. */
export type Told = Seen | 'failed' | 'unreached' | 'no-room' | 'not-accepted';

/** One request and its answer beside the callers' way, sent once and never again. It ends with its only call of `tell`. */
export class Exchange implements Answer, Sweepable {
  deadline = 0;
  sweepIndex = -1;
  readonly #works: Works;
  readonly #question: Question;
  readonly #body: Gathered;
  readonly #startedAt = performance.now();
  readonly #instance: InstancePort;
  readonly #pass: Pass;
  #tell: ((told: Told) => void) | null;
  #connection: TargetConnection | null = null;
  #sent = false;
  #status = 0;
  #fields: HeaderLines = [];

  /** For who has entered the room; this leaves it. Nothing refuses the target. */
  constructor(works: Works, question: Question, tell: (told: Told) => void) {
    this.#works = works;
    this.#question = question;
    this.#tell = tell;
    this.#body = new Gathered(works.room, question.keep);
    this.#pass = question.target.enter();
    this.#instance = question.target.port.pick();
    this.deadline = works.sweep.after(question.timeout);
    works.sweep.add(this);
  }

  begin(): void {
    const { request, get } = this.#question;
    // A target may close an idle connection just as a write goes out on it: that would look like a failure of its own,
    // and nobody could tell whether the write was carried out, so that it may not be sent again.
    const fresh = get === null && !isSafe(request.method);
    this.#connection = this.#instance.open(this, fresh);
    if (this.#connection.ready) this.onConnect();
  }

  /** Gives it up without a word. */
  abandon(): void {
    if (this.#connection === null) return;
    this.#tell = null;
    this.#cut('none', 'failed');
  }

  /** Nobody needs the answer any more, but the target may give it: what it does stays the same. */
  ignore(): void {
    this.#tell = null;
    this.#body.ignore();
  }

  /** Gives back what is kept of the answer. */
  release(): void {
    this.#body.release();
  }

  expire(): void {
    this.#cut('bad', this.#failed);
  }

  onConnect(): void {
    const { request, target, fields, body, get } = this.#question;
    // Nobody waits for it any more, and the body that its head would announce has been let go of.
    if (this.#tell === null && body !== null) {
      this.#cut('none', 'unreached');
      return;
    }
    this.#sent = true;
    const connection = this.#connection!;
    const bodyLength = body?.length ?? 0;
    const copy = { side: target.side, target: target.port, instance: this.#instance, bodyLength, fields, get };
    const head = request.head(copy);
    const method = get === null ? request.method : 'GET';
    if (bodyLength === 0) {
      connection.send(method, head, true, false);
      return;
    }
    connection.cork();
    connection.send(method, head, false, false);
    // Not more than is kept of a body: what the target does not read yet waits in the socket.
    for (const piece of body!.pieces) connection.write(piece);
    connection.endRequest();
    connection.uncork();
  }

  onHead(head: ResponseHead): void {
    const { request, target, accepts, keep } = this.#question;
    target.heard(performance.now() - this.#startedAt);
    this.#status = head.status;
    this.#fields = request.told(target.port, this.#instance, head);
    if (accepts !== null && !accepts(this.#fields)) this.#cut('none', 'not-accepted');
    else if (head.hasBody && head.contentLength > keep) this.#cut('bad', this.#seen(false));
  }

  onBody(chunk: Buffer): void {
    switch (this.#body.add(chunk)) {
      case 'too-large':
        this.#cut('bad', this.#seen(false));
        return;
      case 'no-room':
        this.#cut('none', 'no-room');
    }
  }

  onComplete(): void {
    this.#end('good', this.#seen(true));
  }

  onFailure(_code: ErrorCode, _detail: string): void {
    this.#end('bad', this.#failed);
  }

  get #failed(): Told {
    return this.#sent ? 'failed' : 'unreached';
  }

  asked(): Asked {
    const { request, fields } = this.#question;
    return { request, fields };
  }

  onInformational(): void {}
  onReadEnd(): void {}
  onDrain(): void {}
  onUpgrade(): void {}
  onTunnelEnd(): void {}

  #seen(whole: boolean): Seen {
    const milliseconds = performance.now() - this.#startedAt;
    return { status: this.#status, headers: this.#fields, body: this.#body.pieces, whole, milliseconds };
  }

  /** Whatever is still to come of this answer is not read. */
  #cut(verdict: Verdict, told: Told): void {
    this.#connection!.abandon();
    this.#end(verdict, told);
  }

  #end(verdict: Verdict, told: Told): void {
    const { room, sweep } = this.#works;
    this.#connection = null;
    sweep.remove(this);
    this.#question.target.left(this.#pass, verdict);
    const tell = this.#tell;
    this.#tell = null;
    if (tell === null) this.release();
    else tell(told);
    room.leave();
  }
}
