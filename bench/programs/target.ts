/**
 * The target that every proxy is measured against: `node target.js PORT [MANNER]`. It speaks just enough HTTP/1.1 for the
 * bench and as cheaply as it can, so that the machine's time goes to the proxies.
 *
 *   GET  …/json/…          a JSON answer of 157 bytes
 *   GET  …/bytes/N         N bytes with a Content-Length
 *   GET  …/silent          no answer at all
 *   GET  …/connections     how many connections are open, as text
 *   GET  …/order/…         a JSON answer of 2 KiB
 *   POST anything          reads the body, then the JSON answer
 *
 * A MANNER makes it a service that fails at `…/order/…`: `hang` never answers, `reset` cuts the connection, `flood`
 * answers with 1 GiB.
 */
import { createServer, type Socket } from 'node:net';

const headEnd = Buffer.from('\r\n\r\n');
const slab = Buffer.alloc(64 * 1024, 'strangler ');

const json = JSON.stringify({
  id: 42,
  status: 'paid',
  customer: 'c-10174',
  items: [
    { sku: 'A-1', qty: 2, price: 19.99 },
    { sku: 'B-7', qty: 1, price: 5.5 },
  ],
  total: 45.48,
  currency: 'EUR',
});
const jsonAnswer = answerOf('application/json', Buffer.from(json));
const manner = process.argv[3] ?? 'answer';
const flood = 2 ** 30;
const orderAnswer = answerOf('application/json', Buffer.from(orderJson()));
const prepared = new Map<number, Buffer>();
const connections = new Set<Socket>();

createServer((socket) => {
  connections.add(socket);
  socket.setNoDelay(true);
  socket.on('error', () => {});
  socket.on('close', () => connections.delete(socket));
  new Conversation(socket);
}).listen({ port: Number(process.argv[2]), host: '127.0.0.1', backlog: 4096 });

class Conversation {
  readonly #socket: Socket;
  #pending = Buffer.alloc(0);
  /** Bytes of a request body still to come; Infinity for a chunked one, which ends with its last chunk. */
  #bodyLeft = 0;
  #tail = '';

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (bytes: Buffer) => this.#read(bytes));
  }

  #read(bytes: Buffer): void {
    let rest = this.#pending.length === 0 ? bytes : Buffer.concat([this.#pending, bytes]);
    this.#pending = Buffer.alloc(0);
    while (rest.length > 0) {
      if (this.#bodyLeft > 0) {
        rest = this.#readBody(rest);
        continue;
      }
      const end = rest.indexOf(headEnd);
      if (end === -1) {
        this.#pending = Buffer.from(rest);
        return;
      }
      this.#begin(rest.toString('latin1', 0, end));
      rest = rest.subarray(end + 4);
    }
  }

  #begin(head: string): void {
    const path = head.slice(head.indexOf(' ') + 1, head.indexOf(' HTTP/'));
    if (!head.startsWith('GET')) {
      const length = /^content-length: *(\d+)/im.exec(head)?.[1];
      this.#bodyLeft = length === undefined ? Number.POSITIVE_INFINITY : Number(length);
      if (/^expect:/im.test(head)) this.#socket.write('HTTP/1.1 100 Continue\r\n\r\n');
      if (this.#bodyLeft === 0) this.#socket.write(jsonAnswer);
      return;
    }
    const bytes = /\/bytes\/(\d+)/.exec(path)?.[1];
    if (bytes !== undefined) this.#send(Number(bytes));
    else if (path.includes('/order/')) this.#order();
    else if (path.endsWith('/connections'))
      this.#socket.write(answerOf('text/plain', Buffer.from(`${connections.size}`)));
    else if (!path.endsWith('/silent')) this.#socket.write(jsonAnswer);
  }

  #order(): void {
    if (manner === 'hang') return;
    if (manner === 'reset') this.#socket.resetAndDestroy();
    else if (manner === 'flood') this.#send(flood);
    else this.#socket.write(orderAnswer);
  }

  /** Reads body bytes from the front of `bytes`; returns what is left of them. */
  #readBody(bytes: Buffer): Buffer {
    if (this.#bodyLeft === Number.POSITIVE_INFINITY) {
      this.#tail = (this.#tail + bytes.toString('latin1', Math.max(0, bytes.length - 5))).slice(-5);
      if (this.#tail !== '0\r\n\r\n') return bytes.subarray(bytes.length);
      this.#bodyLeft = 0;
    }
    const taken = Math.min(bytes.length, this.#bodyLeft || bytes.length);
    this.#bodyLeft = Math.max(0, this.#bodyLeft - taken);
    if (this.#bodyLeft === 0) {
      this.#tail = '';
      this.#socket.write(jsonAnswer);
    }
    return bytes.subarray(taken);
  }

  #send(length: number): void {
    if (length <= slab.length) {
      let answer = prepared.get(length);
      if (answer === undefined) {
        answer = answerOf('application/octet-stream', slab.subarray(0, length));
        prepared.set(length, answer);
      }
      this.#socket.write(answer);
      return;
    }
    this.#socket.write(headOf('application/octet-stream', length));
    let left = length;
    const pour = (): void => {
      while (left > 0 && !this.#socket.destroyed) {
        const chunk = left >= slab.length ? slab : slab.subarray(0, left);
        left -= chunk.length;
        if (!this.#socket.write(chunk)) {
          this.#socket.once('drain', pour);
          return;
        }
      }
    };
    pour();
  }
}

/** 2,048 bytes as an API answers them: some fields, and a list of lines. */
function orderJson(): string {
  const lines = Array.from({ length: 16 }, (_, i) => ({
    sku: `A-${1000 + i}`,
    name: `A thing of the kind ${i}`,
    quantity: 1 + (i % 3),
    price: 19.99 + i,
    lineTotal: (19.99 + i) * (1 + (i % 3)),
  }));
  const order = {
    id: 42,
    status: 'paid',
    customer: { id: 7, name: 'Ada' },
    total: 945.48,
    currency: 'EUR',
    lines,
    note: '',
  };
  return JSON.stringify({ ...order, note: '.'.repeat(2048 - JSON.stringify(order).length) });
}

function answerOf(type: string, body: Buffer): Buffer {
  return Buffer.concat([Buffer.from(headOf(type, body.length)), body]);
}

function headOf(type: string, length: number): string {
  return `HTTP/1.1 200 OK\r\nContent-Type: ${type}\r\nDate: Mon, 23 Nov 2026 06:00:00 GMT\r\nETag: "abc"\r\nContent-Length: ${length}\r\n\r\n`;
}
