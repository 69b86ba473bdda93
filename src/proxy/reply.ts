import type { ServerResponse } from 'node:http';
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { lingerThenDestroy } from './linger.ts';
import { writeCopy } from './slab.ts';

/** The caller's side of one exchange, whichever HTTP it speaks. Headers are flat `[name, value, …]`. */
export interface Reply {
  /** The largest status that the caller's HTTP can carry. */
  readonly highestStatus: number;
  /** A 1xx; dropped where it can't be sent any more. */
  interim(status: number, reason: string, headers: readonly string[]): void;
  /** Sets the head; it leaves with the first bytes of the body, or by `flush`. `close`: the connection ends with this reply. */
  head(status: number, reason: string, headers: string[], close: boolean): void;
  flush(): void;
  /** Holds writes back until `uncork`, so that what one read brought leaves in one write. */
  cork(): void;
  uncork(): void;
  /** False: the caller reads slower than this is written; `onDrain` follows. `chunk` is copied where it must be. */
  write(chunk: Buffer): boolean;
  /** The whole body at once, with the head still unsent. */
  writeWhole(chunk: Buffer): void;
  end(trailers: readonly string[]): void;
  /** Breaks the reply off, so that nobody can take it for a complete one. */
  cut(): void;
}

/** How long a caller may go on sending a body whose request has been answered, in ms. */
const uploadLinger = 5_000;

/** Bodies up to this size are joined with the head into one write. */
const joinedBytes = 16 * 1024;

export class Http1Reply implements Reply {
  readonly highestStatus = 999;
  readonly #response: ServerResponse;
  #started = false;
  #flushed = false;

  constructor(response: ServerResponse, onDrain: () => void) {
    this.#response = response;
    response.on('drain', onDrain);
  }

  interim(status: number, reason: string, headers: readonly string[]): void {
    if (this.#started) return;
    if (status === 100) {
      this.#response.writeContinue();
      return;
    }
    // Node has a public way for 103 only, and none for several fields of one name. While the response owns the
    // socket and has written nothing, a whole interim head can go out by itself.
    if (this.#response.req.httpVersionMinor === 0) return;
    let text = `HTTP/1.1 ${status} ${reason || (STATUS_CODES[status] ?? '')}\r\n`;
    for (let i = 0; i < headers.length; i += 2) text += `${headers[i]}: ${headers[i + 1]}\r\n`;
    const write = (socket: Socket) => void socket.write(`${text}\r\n`, 'latin1');
    // A pipelined request's response gets the socket once the one before it has left.
    if (this.#response.socket !== null) write(this.#response.socket);
    else this.#response.once('socket', write);
  }

  head(status: number, reason: string, headers: string[], close: boolean): void {
    this.#started = true;
    if (close) this.#response.shouldKeepAlive = false;
    this.#response.writeHead(status, reason, headers);
  }

  flush(): void {
    if (this.#flushed) return;
    this.#flushed = true;
    this.#response.flushHeaders();
  }

  /** The socket's, not the response's: from Node 22 on the end of a corked response overtakes its own chunks. */
  cork(): void {
    this.#response.socket?.cork();
  }

  uncork(): void {
    if (!this.#response.writableEnded) this.#response.socket?.uncork();
  }

  write(chunk: Buffer): boolean {
    this.#flushed = true;
    return writeCopy(this.#response, chunk);
  }

  writeWhole(chunk: Buffer): void {
    const response = this.#response;
    this.#flushed = true;
    const socket = response.socket;
    if (chunk.length > joinedBytes || socket === null) {
      writeCopy(response, chunk);
      return;
    }
    // As latin1 text the body is joined with the head and leaves in one write; as bytes it would need a writev.
    socket.cork();
    response.write(chunk.toString('latin1'), 'latin1');
    socket.uncork();
  }

  end(trailers: readonly string[]): void {
    this.#flushed = true;
    const response = this.#response;
    if (trailers.length > 0) response.addTrailers(pairs(trailers));
    if (!response.req.complete && response.socket !== null) lingerInsteadOfDestroy(response.socket);
    response.end();
  }

  cut(): void {
    const response = this.#response;
    const { socket } = response;
    // To a caller of HTTP/1.0 the end of the connection may be the end of the body; only a reset can't be.
    if (response.req.httpVersionMinor === 0 && socket !== null && !('encrypted' in socket)) socket.resetAndDestroy();
    response.destroy();
  }
}

/** Where Node closes the connection with this response, it would do so by `destroySoon`, in the middle of an upload. */
function lingerInsteadOfDestroy(socket: Socket): void {
  socket.destroySoon = () => {
    socket.end();
    lingerThenDestroy(socket, uploadLinger);
  };
}

function pairs(flat: readonly string[]): [string, string][] {
  const result: [string, string][] = [];
  for (let i = 0; i < flat.length; i += 2) result.push([flat[i]!, flat[i + 1]!]);
  return result;
}
