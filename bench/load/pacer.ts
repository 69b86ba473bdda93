import { connect, type Socket } from 'node:net';
import { headersOf, type Order } from './load.ts';

const headEnd = Buffer.from('\r\n\r\n');

/** ms that answers may take to come in once nothing is sent any more. */
const patience = 1_000;

/**
 * Sends a fixed number of requests each second over kept connections, whatever the answers. A request that is due while
 * every connection is busy waits, and its wait counts: a proxy that stalls can't hide it by being asked less
 * (coordinated omission). Requests fall due at the ticks of a timer, about one a millisecond.
 */
export class Pacer {
  errors = 0;
  readonly #perSecond: number;
  readonly #idle: Caller[];
  readonly #waiting: number[] = [];
  readonly #all: number;
  readonly #onAnswer: (milliseconds: number) => void;

  /** @param onAnswer hears how long each answer took, from when its request was due. */
  constructor(order: Omit<Order, 'seconds'>, perSecond: number, onAnswer: (milliseconds: number) => void) {
    this.#perSecond = perSecond;
    this.#onAnswer = onAnswer;
    this.#idle = Array.from({ length: order.connections }, (_, i) => new Caller(order, i + 1, this));
    this.#all = order.connections;
  }

  /** Resolves once the time is over and the answers are in. */
  run(milliseconds: number): Promise<void> {
    const began = performance.now();
    let sent = 0;
    return new Promise((resolve) => {
      const timer = setInterval(() => {
        const now = performance.now();
        const elapsed = now - began;
        const due = Math.floor((Math.min(elapsed, milliseconds) / 1_000) * this.#perSecond);
        for (; sent < due; sent++) this.#send(now);
        if (elapsed < milliseconds) return;
        if (this.#idle.length < this.#all && elapsed < milliseconds + patience) return;
        clearInterval(timer);
        resolve();
      }, 1);
    });
  }

  answered(caller: Caller, milliseconds: number): void {
    this.#onAnswer(milliseconds);
    const due = this.#waiting.shift();
    if (due === undefined) this.#idle.push(caller);
    else caller.send(due);
  }

  #send(now: number): void {
    const caller = this.#idle.shift();
    if (caller === undefined) this.#waiting.push(now);
    else caller.send(now);
  }
}

class Caller {
  readonly #socket: Socket;
  readonly #request: Buffer;
  readonly #pacer: Pacer;
  #sentAt = 0;
  #left = -1;

  constructor(order: Omit<Order, 'seconds'>, number: number, pacer: Pacer) {
    this.#request = requestOf(order, number);
    this.#pacer = pacer;
    this.#socket = connect({ port: order.port, host: '127.0.0.1', noDelay: true });
    this.#socket.on('data', (bytes: Buffer) => this.#read(bytes));
    this.#socket.on('error', () => {});
    this.#socket.on('close', () => {
      if (this.#sentAt !== 0) pacer.errors++;
    });
  }

  send(dueAt: number): void {
    this.#sentAt = dueAt;
    this.#socket.write(this.#request);
  }

  #read(bytes: Buffer): void {
    let size = bytes.length;
    if (this.#left === -1) {
      const end = bytes.indexOf(headEnd);
      const head = bytes.toString('latin1', 0, end);
      if (!head.startsWith('HTTP/1.1 2')) this.#pacer.errors++;
      this.#left = Number(/^content-length: *(\d+)/im.exec(head)?.[1]);
      size -= end + headEnd.length;
    }
    this.#left -= size;
    if (this.#left > 0) return;
    this.#left = -1;
    const took = performance.now() - this.#sentAt;
    this.#sentAt = 0;
    this.#pacer.answered(this, took);
  }
}

function requestOf({ method, path, port, body }: Omit<Order, 'seconds'>, caller: number): Buffer {
  const fields = Object.entries({ Host: `127.0.0.1:${port}`, ...headersOf(caller, body) });
  const head = fields.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  const framing = body === null ? '' : `Content-Length: ${Buffer.byteLength(body)}\r\n`;
  return Buffer.from(`${method} ${path} HTTP/1.1\r\n${head}${framing}\r\n${body ?? ''}`);
}
