import net from 'node:net';
import { type Answer, type ParsedAnswer, parseAnswer } from './raw-answer.ts';

/** How the proxy let go of a connection. */
export type Ending = 'ended' | 'reset';

/** A caller that writes exactly the bytes it is told and reads answers strictly: what a library would repair stays visible. */
export class RawCaller {
  readonly socket: net.Socket;
  /** Resolves when the proxy has ended or reset the connection. */
  readonly closed: Promise<Ending>;
  #bytes: Buffer = Buffer.alloc(0);
  #ending: Ending | null = null;
  #waiting: (() => void)[] = [];

  private constructor(socket: net.Socket) {
    this.socket = socket;
    socket.setNoDelay(true);
    this.closed = new Promise((resolve) => {
      const finish = (ending: Ending) => {
        this.#ending ??= ending;
        resolve(this.#ending);
        this.#wake();
      };
      socket.on('end', () => finish('ended'));
      socket.on('error', () => finish('reset'));
      socket.on('close', () => finish('ended'));
    });
    socket.on('data', (chunk: Buffer) => {
      this.#bytes = Buffer.concat([this.#bytes, chunk]);
      this.#wake();
    });
  }

  static async connect(port: number, host = '127.0.0.1'): Promise<RawCaller> {
    const socket = net.connect({ port, host, allowHalfOpen: true });
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    return new RawCaller(socket);
  }

  /** Bytes received that no answer has been made of yet, as latin1 text. */
  get unread(): string {
    return this.#bytes.toString('latin1');
  }

  get isClosed(): boolean {
    return this.#ending !== null;
  }

  /** Text is sent as latin1, one character a byte. */
  send(data: string | Buffer): void {
    this.socket.write(typeof data === 'string' ? Buffer.from(data, 'latin1') : data);
  }

  /** The next final answer, whole or as far as it came before the connection closed; `null` when none came. */
  async answer(method = 'GET'): Promise<Answer | null> {
    let parsed: ParsedAnswer | null = null;
    await this.until(() => {
      parsed = parseAnswer(this.#bytes, method, this.#ending !== null);
      return parsed !== null;
    });
    const found = parsed as ParsedAnswer | null;
    if (found === null) return null;
    this.#bytes = this.#bytes.subarray(found.length);
    return found.answer;
  }

  /** Waits for `condition`, looked at whenever bytes or the end arrive; false when the end came first. */
  async until(condition: () => boolean): Promise<boolean> {
    for (;;) {
      if (condition()) return true;
      if (this.#ending !== null) return false;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** Waits for this text to arrive. */
  sees(text: string): Promise<boolean> {
    return this.until(() => this.unread.includes(text));
  }

  /** Forgets the bytes received so far. */
  clear(): void {
    this.#bytes = Buffer.alloc(0);
  }

  end(): void {
    this.socket.end();
  }

  reset(): void {
    this.socket.resetAndDestroy();
  }

  destroy(): void {
    this.socket.destroy();
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resume of waiting) resume();
  }
}

/** Sends one request on a connection of its own and reads its answer. */
export async function ask(port: number, request: string, method = request.slice(0, request.indexOf(' '))) {
  const caller = await RawCaller.connect(port);
  try {
    caller.send(request);
    return await caller.answer(method);
  } finally {
    caller.destroy();
  }
}

/** The same where an answer must come. */
export async function answerTo(port: number, request: string, method?: string): Promise<Answer> {
  const answer = await ask(port, request, method);
  if (answer === null) throw new Error('the connection closed without an answer');
  return answer;
}
