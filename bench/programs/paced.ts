/**
 * `node paced.js ORDER`: sends `perSecond` requests each second and prints a Load (JSON). A request that is due
 * while every connection is busy waits, and its wait counts: a proxy that stalls can't hide it by being asked less
 * (coordinated omission). Requests fall due at the ticks of a timer, about one a millisecond.
 */
import { connect, type Socket } from 'node:net';
import { headersOf, type Load, type Order } from '../load/load.ts';

const order = JSON.parse(process.argv[2]!) as Order & { readonly perSecond: number };
const headEnd = Buffer.from('\r\n\r\n');

class Caller {
  readonly socket: Socket;
  readonly #request: Buffer;
  #sentAt = 0;
  #left = -1;

  constructor(number: number) {
    this.#request = requestOf(number);
    this.socket = connect({ port: order.port, host: '127.0.0.1', noDelay: true });
    this.socket.on('data', (bytes: Buffer) => this.#read(bytes));
    this.socket.on('error', () => {});
    this.socket.on('close', () => {
      if (this.#sentAt !== 0) errors++;
    });
  }

  send(dueAt: number): void {
    this.#sentAt = dueAt;
    this.socket.write(this.#request);
  }

  #read(bytes: Buffer): void {
    let size = bytes.length;
    if (this.#left === -1) {
      const end = bytes.indexOf(headEnd);
      const head = bytes.toString('latin1', 0, end);
      if (!head.startsWith('HTTP/1.1 2')) errors++;
      this.#left = Number(/^content-length: *(\d+)/im.exec(head)?.[1]);
      size -= end + headEnd.length;
    }
    this.#left -= size;
    if (this.#left > 0) return;
    this.#left = -1;
    latencies.push(performance.now() - this.#sentAt);
    this.#sentAt = 0;
    const due = waiting.shift();
    if (due === undefined) idle.push(this);
    else this.send(due);
  }
}

function requestOf(caller: number): Buffer {
  const { method, path, port, body } = order;
  const fields = Object.entries({ Host: `127.0.0.1:${port}`, ...headersOf(caller, body) });
  const head = fields.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  const framing = body === null ? '' : `Content-Length: ${Buffer.byteLength(body)}\r\n`;
  return Buffer.from(`${method} ${path} HTTP/1.1\r\n${head}${framing}\r\n${body ?? ''}`);
}

const latencies: number[] = [];
const waiting: number[] = [];
let errors = 0;
const everyone = Array.from({ length: order.connections }, (_, i) => new Caller(i + 1));
const idle = [...everyone];

const began = performance.now();
let sent = 0;
const timer = setInterval(() => {
  const now = performance.now();
  const due = Math.floor(((now - began) / 1_000) * order.perSecond);
  for (; sent < due; sent++) {
    const caller = idle.shift();
    if (caller === undefined) waiting.push(now);
    else caller.send(now);
  }
  if (now - began >= order.seconds * 1_000) finish();
}, 1);

function finish(): void {
  clearInterval(timer);
  const seconds = (performance.now() - began) / 1_000;
  const sorted = Float64Array.from(latencies).sort();
  const load: Load = {
    requests: sorted.length,
    seconds,
    errors,
    p50: sorted[Math.floor(sorted.length * 0.5)] ?? Number.NaN,
    p99: sorted[Math.floor(sorted.length * 0.99)] ?? Number.NaN,
  };
  console.log(JSON.stringify(load));
  process.exit();
}
