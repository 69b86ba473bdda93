import type { ErrorCode } from '../../../src/domain/errors.ts';
import type { Answer, Asked, InstancePort, ResponseHead, TargetConnection } from '../../../src/ports.ts';

export type Ending = { kind: 'complete' } | { kind: 'failure'; code: ErrorCode; detail: string } | { kind: 'tunnel' };

/** One exchange's answer as it was told; `ended` resolves with how it ended, which must be once. */
export class RecordedAnswer implements Answer {
  connection: TargetConnection;
  head: ResponseHead | null = null;
  readonly interims: ResponseHead[] = [];
  body = '';
  bytes = 0;
  drains = 0;
  trailers: readonly string[] = [];
  readonly endings: Ending[] = [];
  readonly ended: Promise<Ending>;
  /** Called with each piece of the body. */
  onPiece: () => void = () => {};
  readonly #request: () => void;
  #end!: (ending: Ending) => void;
  #waiting: (() => void)[] = [];

  private constructor(instance: InstancePort, send: (connection: TargetConnection) => void, fresh: boolean) {
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
    this.#request = () => send(this.connection);
    this.connection = instance.open(this, fresh);
    if (this.connection.ready) this.onConnect();
  }

  /** Asks for `target` with GET and no body. */
  static get(instance: InstancePort, target = '/', fresh = false): RecordedAnswer {
    const head = `GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`;
    return new RecordedAnswer(instance, (connection) => connection.send('GET', head, true, false), fresh);
  }

  /** Lets `send` write the request once the connection stands. */
  static of(instance: InstancePort, send: (connection: TargetConnection) => void): RecordedAnswer {
    return new RecordedAnswer(instance, send, false);
  }

  /** Waits for `condition`, looked at after each event. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  asked(): Asked {
    throw new Error('nobody asks for this in parts');
  }

  onConnect(): void {
    this.#request();
  }

  onInformational(head: ResponseHead): void {
    this.interims.push(head);
    this.#wake();
  }

  onHead(head: ResponseHead): void {
    this.head = head;
    this.#wake();
  }

  onBody(chunk: Buffer): void {
    this.bytes += chunk.length;
    if (this.body.length < 1_000) this.body += chunk.toString('latin1');
    this.onPiece();
    this.#wake();
  }

  onReadEnd(): void {}

  onComplete(trailers: readonly string[]): void {
    this.trailers = trailers;
    this.#finish({ kind: 'complete' });
  }

  onUpgrade(head: ResponseHead): void {
    this.onHead(head);
  }

  onTunnelEnd(): void {
    this.#finish({ kind: 'tunnel' });
  }

  onDrain(): void {
    this.drains++;
    this.#wake();
  }

  onFailure(code: ErrorCode, detail: string): void {
    this.#finish({ kind: 'failure', code, detail });
  }

  #finish(ending: Ending): void {
    this.endings.push(ending);
    this.#end(ending);
    this.#wake();
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resume of waiting) resume();
  }
}
