import net from 'node:net';

/** One request as it stood on the wire, and the connection that it came on. */
export interface Exchange {
  readonly method: string;
  readonly target: string;
  readonly version: string;
  /** Head text without its empty line, latin1. */
  readonly head: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** 0 for the connection's first request. */
  readonly index: number;
  readonly connection: TargetSocket;
  /** Every value of the header, joined; undefined without it. */
  get(name: string): string | undefined;
  all(name: string): readonly string[];
  /** Resolves with the whole body, decoded; rejects when the connection closes first. */
  body(): Promise<Buffer>;
  /** Trailer lines; of interest once `body` has resolved. */
  readonly trailers: readonly string[];
  send(data: string | Buffer): void;
  /** A whole answer with Content-Length. */
  reply(status: number, body?: string | Buffer, headers?: readonly string[]): void;
}

export interface TargetSocket {
  readonly socket: net.Socket;
  readonly id: number;
  /** Resolves when the proxy has let go of the connection. */
  readonly closed: Promise<void>;
  /** Bytes read so far, the whole connection through. */
  readonly received: number;
  /** From here on bytes go to `listener` and are no requests. */
  tunnel(listener: (chunk: Buffer) => void): void;
}

type Handler = (exchange: Exchange) => void;

/** Reads the whole request, then says `ok`. */
function answerOk(exchange: Exchange): void {
  exchange.body().then(
    () => exchange.reply(200, 'ok'),
    () => {},
  );
}

/** A target that says exactly what a test wants said, byte by byte, and remembers what it was asked. */
export class RawTarget {
  readonly exchanges: Exchange[] = [];
  readonly connections: TargetSocket[] = [];
  readonly #server: net.Server;
  #waiting: (() => void)[] = [];
  handler: Handler;

  private constructor(handler: Handler) {
    this.handler = handler;
    this.#server = net.createServer({ allowHalfOpen: true }, (socket) => {
      this.connections.push(new Incoming(socket, this.connections.length, (exchange) => this.#onExchange(exchange)));
      this.#wake();
    });
  }

  static async start(handler: Handler = answerOk): Promise<RawTarget> {
    const target = new RawTarget(handler);
    await new Promise<void>((resolve) => target.#server.listen(0, '127.0.0.1', 1024, resolve));
    return target;
  }

  /** Listens again, after a `close`, where it did before. */
  async reopen(port: number): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(port, '127.0.0.1', 1024, resolve));
  }

  get port(): number {
    return (this.#server.address() as net.AddressInfo).port;
  }

  get openConnections(): number {
    return this.connections.filter(({ socket }) => !socket.destroyed).length;
  }

  /** The request with this number, once it has come. */
  async exchange(index: number): Promise<Exchange> {
    await this.until(() => this.exchanges.length > index);
    return this.exchanges[index]!;
  }

  /** Waits for `condition`, looked at whenever a connection or a request arrives. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const { socket } of this.connections) socket.destroy();
    await closed;
  }

  #onExchange(exchange: Exchange): void {
    this.exchanges.push(exchange);
    this.handler(exchange);
    this.#wake();
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resume of waiting) resume();
  }
}

class Incoming implements TargetSocket {
  readonly socket: net.Socket;
  readonly id: number;
  readonly closed: Promise<void>;
  received = 0;
  readonly #onExchange: Handler;
  #bytes: Buffer = Buffer.alloc(0);
  #count = 0;
  #current: Request | null = null;
  #tunnel: ((chunk: Buffer) => void) | null = null;

  constructor(socket: net.Socket, id: number, onExchange: Handler) {
    this.socket = socket;
    this.id = id;
    this.#onExchange = onExchange;
    socket.setNoDelay(true);
    this.closed = new Promise((resolve) => {
      socket.on('end', () => {
        this.#current?.cut();
        resolve();
        if (this.#tunnel === null) socket.end();
      });
      socket.on('close', () => {
        this.#current?.cut();
        resolve();
      });
    });
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => {
      this.received += chunk.length;
      if (this.#tunnel !== null) {
        this.#tunnel(chunk);
        return;
      }
      this.#bytes = Buffer.concat([this.#bytes, chunk]);
      this.#pump();
    });
  }

  tunnel(listener: (chunk: Buffer) => void): void {
    this.#tunnel = listener;
    this.#current = null;
    const rest = this.#bytes;
    this.#bytes = Buffer.alloc(0);
    if (rest.length > 0) listener(rest);
  }

  #pump(): void {
    while (this.#tunnel === null) {
      if (this.#current === null) {
        const end = this.#bytes.indexOf('\r\n\r\n');
        if (end === -1) return;
        const head = this.#bytes.toString('latin1', 0, end);
        this.#bytes = this.#bytes.subarray(end + 4);
        this.#current = new Request(head, this.#count++, this);
        this.#onExchange(this.#current);
        continue;
      }
      const rest = this.#current.read(this.#bytes);
      if (rest === null) {
        this.#bytes = Buffer.alloc(0);
        return;
      }
      this.#bytes = rest;
      this.#current = null;
    }
  }
}

class Request implements Exchange {
  readonly method: string;
  readonly target: string;
  readonly version: string;
  readonly head: string;
  readonly headers: (readonly [string, string])[];
  readonly index: number;
  readonly connection: TargetSocket;
  trailers: string[] = [];
  readonly #whole: Promise<Buffer>;
  #resolve!: (body: Buffer) => void;
  #reject!: (error: Error) => void;
  #pending: Buffer = Buffer.alloc(0);
  readonly #parts: Buffer[] = [];
  #left: number;
  readonly #chunked: boolean;

  constructor(head: string, index: number, connection: TargetSocket) {
    const [line = '', ...fields] = head.split('\r\n');
    const match = /^(\S+) (.*) HTTP\/(1\.[01])$/.exec(line);
    if (match === null) throw new Error(`the proxy sent a request line that is none: ${JSON.stringify(line)}`);
    this.method = match[1]!;
    this.target = match[2]!;
    this.version = match[3]!;
    this.head = head;
    this.headers = fields.map((field) => {
      const parts = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+): ?([^\0\r\n]*)$/.exec(field);
      if (parts === null) throw new Error(`the proxy sent a header line that is none: ${JSON.stringify(field)}`);
      return [parts[1]!, parts[2]!] as const;
    });
    this.index = index;
    this.connection = connection;
    this.#chunked = this.get('transfer-encoding') !== undefined;
    this.#left = Number(this.get('content-length') ?? 0);
    this.#whole = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#whole.catch(() => {});
  }

  get(name: string): string | undefined {
    const values = this.all(name);
    return values.length === 0 ? undefined : values.join(', ');
  }

  all(name: string): string[] {
    return this.headers.filter(([each]) => each.toLowerCase() === name.toLowerCase()).map(([, value]) => value);
  }

  body(): Promise<Buffer> {
    return this.#whole;
  }

  send(data: string | Buffer): void {
    const { socket } = this.connection;
    if (!socket.destroyed) socket.write(typeof data === 'string' ? Buffer.from(data, 'latin1') : data);
  }

  reply(status: number, body: string | Buffer = '', headers: readonly string[] = []): void {
    const bytes = typeof body === 'string' ? Buffer.from(body, 'latin1') : body;
    const lines = [...headers, `Content-Length: ${bytes.length}`].map((line) => `${line}\r\n`).join('');
    const content = this.method === 'HEAD' || status === 204 || status === 304 ? Buffer.alloc(0) : bytes;
    this.send(Buffer.concat([Buffer.from(`HTTP/1.1 ${status} Status\r\n${lines}\r\n`, 'latin1'), content]));
  }

  /** Takes body bytes; the rest behind the body's end, `null` while it is to come. */
  read(bytes: Buffer): Buffer | null {
    return this.#chunked ? this.#readChunked(bytes) : this.#readLength(bytes);
  }

  cut(): void {
    this.#reject(new Error('the connection closed before the end of the body'));
  }

  #readLength(bytes: Buffer): Buffer | null {
    const taken = bytes.subarray(0, this.#left);
    if (taken.length > 0) this.#parts.push(taken);
    this.#left -= taken.length;
    if (this.#left > 0) return null;
    this.#resolve(Buffer.concat(this.#parts));
    return bytes.subarray(taken.length);
  }

  #readChunked(bytes: Buffer): Buffer | null {
    let pending = Buffer.concat([this.#pending, bytes]);
    for (;;) {
      const lineEnd = pending.indexOf('\r\n');
      if (lineEnd === -1) break;
      const line = pending.toString('latin1', 0, lineEnd);
      if (!/^[0-9a-f]+$/i.test(line)) throw new Error(`the proxy sent a chunk size that is none: ${line}`);
      const size = Number.parseInt(line, 16);
      if (size === 0) {
        const empty = pending.toString('latin1', lineEnd, lineEnd + 4) === '\r\n\r\n';
        const end = empty ? lineEnd : pending.indexOf('\r\n\r\n', lineEnd);
        if (end === -1) break;
        if (!empty) this.trailers = pending.toString('latin1', lineEnd + 2, end).split('\r\n');
        this.#resolve(Buffer.concat(this.#parts));
        return pending.subarray(end + 4);
      }
      const end = lineEnd + 2 + size;
      if (pending.length < end + 2) break;
      this.#parts.push(pending.subarray(lineEnd + 2, end));
      pending = pending.subarray(end + 2);
    }
    this.#pending = pending;
    return null;
  }
}
