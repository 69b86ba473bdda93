/**
 * A strict HTTP/1.1 response parser: bytes in, events out, no I/O. Whatever RFC 9112 calls invalid is an error
 * here, because a proxy that repairs a message hands its own reading of the bytes to someone who may read them
 * otherwise. One parser serves one connection; `expect` arms it for the next response.
 */
import { valueCharacters } from '../../domain/fields.ts';
import type { ResponseHead } from '../../ports.ts';
import { connectionFacts } from './connection-facts.ts';
import { readFields, readStatusLine } from './head-text.ts';
import { WireError } from './wire-error.ts';

export interface ResponseEvents {
  onInformational(head: ResponseHead): void;
  onHead(head: ResponseHead): void;
  /** `chunk` is only valid during the call. */
  onBody(chunk: Buffer): void;
  /** The whole response has been read. `trailers` is flat like `headers`. */
  onComplete(trailers: readonly string[], reusable: boolean): void;
  /** A 101 was read; the bytes that `execute` leaves unread are the first ones of the new protocol. */
  onUpgrade(head: ResponseHead): void;
}

export interface ParserLimits {
  /** Bytes of one head, and of one trailer section. */
  readonly head: number;
}

const crlf2 = Buffer.from('\r\n\r\n');
const empty = Buffer.alloc(0);
const none: readonly string[] = [];
const CR = 13;
const LF = 10;

type Phase =
  | 'idle'
  | 'head'
  | 'length'
  | 'until-close'
  | 'chunk-size'
  | 'chunk-blank'
  | 'chunk-extension'
  | 'chunk-size-lf'
  | 'chunk-data'
  | 'chunk-cr'
  | 'chunk-lf'
  | 'trailers'
  | 'tunnel';

export class ResponseParser {
  readonly #events: ResponseEvents;
  readonly #limits: ParserLimits;
  #phase: Phase = 'idle';
  #method = '';
  #upgrading = false;
  /** Bytes of a head or trailer section that has not arrived whole yet. */
  #pending: Buffer = empty;
  #pendingLength = 0;
  /** Bytes still to come of the body, or of the current chunk. */
  #left = 0;
  #chunkSizeDigits = 0;
  #extensionBytes = 0;
  #reusable = false;

  constructor(events: ResponseEvents, limits: ParserLimits) {
    this.#events = events;
    this.#limits = limits;
  }

  /** Arms the parser for the response to a request with this method; `upgrading` allows a 101. */
  expect(method: string, upgrading: boolean): void {
    this.#phase = 'head';
    this.#method = method;
    this.#upgrading = upgrading;
    this.#pendingLength = 0;
    this.#reusable = false;
  }

  /** True between two responses: bytes that arrive now answer nothing. */
  get idle(): boolean {
    return this.#phase === 'idle';
  }

  /**
   * Reads `bytes`; returns how many belonged to the armed response. Fewer than given means that the target sent
   * more than its response.
   * @throws WireError when the bytes are not valid HTTP/1.1; the parser is of no use afterwards.
   */
  execute(bytes: Buffer): number {
    let at = 0;
    while (at < bytes.length) {
      switch (this.#phase) {
        case 'idle':
          return at;
        case 'head':
          at = this.#readSection(bytes, at, true);
          break;
        case 'trailers':
          at = this.#readSection(bytes, at, false);
          break;
        case 'length':
          at = this.#readLength(bytes, at);
          break;
        case 'chunk-data':
          at = this.#readChunkData(bytes, at);
          break;
        case 'until-close':
          this.#events.onBody(at === 0 ? bytes : bytes.subarray(at));
          return bytes.length;
        case 'tunnel':
          return at;
        default:
          this.#readChunkFraming(bytes[at]!);
          at++;
      }
    }
    return at;
  }

  /**
   * The target closed its side. Completes a body that lasts until close.
   * @returns false when the response was cut short.
   */
  finish(): boolean {
    if (this.#phase === 'idle' || this.#phase === 'tunnel') return true;
    if (this.#phase !== 'until-close') return false;
    this.#phase = 'idle';
    this.#events.onComplete(none, false);
    return true;
  }

  /** Reads a head (or trailer section) up to its empty line; keeps what is there when it is not whole. */
  #readSection(bytes: Buffer, at: number, isHead: boolean): number {
    if (this.#pendingLength === 0) {
      if (!isHead && bytes[at] === CR && bytes[at + 1] === LF) {
        this.#complete(none);
        return at + 2;
      }
      const end = bytes.indexOf(crlf2, at);
      if (end !== -1) {
        if (end - at > this.#limits.head) throw new WireError('response head is too large');
        this.#section(bytes.toString('latin1', at, end + 2), isHead);
        return end + 4;
      }
    }
    return this.#readSplitSection(bytes, at, isHead);
  }

  #readSplitSection(bytes: Buffer, at: number, isHead: boolean): number {
    const from = Math.max(0, this.#pendingLength - 3);
    const room = this.#limits.head + crlf2.length - this.#pendingLength;
    const taken = Math.min(bytes.length - at, room);
    this.#keep(bytes, at, taken);
    const pending = this.#pending.subarray(0, this.#pendingLength);
    if (!isHead && pending.length >= 2 && pending[0] === CR && pending[1] === LF) {
      const surplus = pending.length - 2;
      this.#pendingLength = 0;
      this.#complete(none);
      return at + taken - surplus;
    }
    const end = pending.indexOf(crlf2, from);
    if (end === -1) {
      rejectEarly(pending, from, isHead);
      if (taken < bytes.length - at || taken === room) throw new WireError('response head is too large');
      return bytes.length;
    }
    const surplus = pending.length - (end + 4);
    this.#pendingLength = 0;
    this.#section(pending.toString('latin1', 0, end + 2), isHead);
    return at + taken - surplus;
  }

  #keep(bytes: Buffer, at: number, length: number): void {
    const needed = this.#pendingLength + length;
    if (needed > this.#pending.length) {
      const larger = Buffer.allocUnsafe(Math.max(needed, this.#pending.length * 2, 1024));
      this.#pending.copy(larger, 0, 0, this.#pendingLength);
      this.#pending = larger;
    }
    bytes.copy(this.#pending, this.#pendingLength, at, at + length);
    this.#pendingLength = needed;
  }

  #section(text: string, isHead: boolean): void {
    if (isHead) this.#head(text);
    else this.#complete(readFields(text, 0));
  }

  #head(text: string): void {
    const status = readStatusLine(text);
    const lineEnd = text.indexOf('\r\n');
    const fields = readFields(text, lineEnd + 2);
    const facts = connectionFacts(fields);
    const http11 = text.charCodeAt(7) === 49;
    const bodiless = this.#method === 'HEAD' || status === 204 || status === 304 || status < 200;
    if (facts.chunked && facts.contentLength !== -1) throw new WireError('both Content-Length and Transfer-Encoding');

    const head: ResponseHead = {
      status,
      reason: text.slice(13, lineEnd),
      headers: facts.headers,
      contentLength: facts.contentLength,
      chunked: facts.chunked,
      hasBody: !bodiless,
      upgrade: facts.upgrade,
      keepAliveSeconds: facts.keepAliveSeconds,
      announcesTrailer: facts.announcesTrailer,
    };
    if (status === 101) {
      if (!this.#upgrading) throw new WireError('a 101 that nobody asked for');
      this.#phase = 'tunnel';
      this.#events.onUpgrade(head);
      return;
    }
    if (status < 200) {
      this.#events.onInformational(head);
      return;
    }
    // RFC 9112 section 6.1: chunked in an HTTP/1.0 message is faulty framing; read it, then close.
    this.#reusable = http11 ? !facts.close : facts.keepAlive && !facts.chunked;
    this.#events.onHead(head);
    if (bodiless || facts.contentLength === 0) this.#complete(none);
    else if (facts.chunked) this.#beginChunk();
    else if (facts.contentLength > 0) {
      this.#left = facts.contentLength;
      this.#phase = 'length';
    } else this.#phase = 'until-close';
  }

  #readLength(bytes: Buffer, at: number): number {
    const end = Math.min(bytes.length, at + this.#left);
    this.#left -= end - at;
    const done = this.#left === 0;
    this.#events.onBody(bytes.subarray(at, end));
    if (done) this.#complete(none);
    return end;
  }

  #readChunkData(bytes: Buffer, at: number): number {
    const end = Math.min(bytes.length, at + this.#left);
    this.#left -= end - at;
    if (this.#left === 0) this.#phase = 'chunk-cr';
    this.#events.onBody(bytes.subarray(at, end));
    return end;
  }

  #beginChunk(): void {
    this.#phase = 'chunk-size';
    this.#left = 0;
    this.#chunkSizeDigits = 0;
    this.#extensionBytes = 0;
  }

  #readChunkFraming(byte: number): void {
    switch (this.#phase) {
      case 'chunk-size':
        this.#readChunkSize(byte);
        return;
      case 'chunk-blank':
        // RFC 9112 section 7.1.1 lets blanks stand before an extension; some servers pad the size with them.
        this.#readAfterChunkSize(byte);
        return;
      case 'chunk-extension':
        // Extensions mean nothing to us and are dropped, but they may not be endless or hide a bare LF.
        if (byte === CR) this.#phase = 'chunk-size-lf';
        else if (valueCharacters[byte] === 0 || ++this.#extensionBytes > this.#limits.head) {
          throw new WireError('invalid chunk extension');
        }
        return;
      case 'chunk-size-lf':
        if (byte !== LF) throw new WireError('invalid end of a chunk size');
        this.#phase = this.#left === 0 ? 'trailers' : 'chunk-data';
        return;
      case 'chunk-cr':
        if (byte !== CR) throw new WireError('chunk is longer than its size');
        this.#phase = 'chunk-lf';
        return;
      default:
        if (byte !== LF) throw new WireError('chunk is longer than its size');
        this.#beginChunk();
    }
  }

  #readChunkSize(byte: number): void {
    const digit = hexDigit(byte);
    if (digit !== -1) {
      // Thirteen hex digits are 2^52: more would leave the exact integers.
      if (++this.#chunkSizeDigits > 13) throw new WireError('chunk size is too large');
      this.#left = this.#left * 16 + digit;
      return;
    }
    if (this.#chunkSizeDigits === 0) throw new WireError('chunk without a size');
    this.#readAfterChunkSize(byte);
  }

  #readAfterChunkSize(byte: number): void {
    if (byte === CR) this.#phase = 'chunk-size-lf';
    else if (byte === 59) this.#phase = 'chunk-extension';
    else if ((byte === 32 || byte === 9) && ++this.#extensionBytes <= this.#limits.head) this.#phase = 'chunk-blank';
    else throw new WireError('invalid chunk size');
  }

  #complete(trailers: readonly string[]): void {
    this.#phase = 'idle';
    this.#events.onComplete(trailers, this.#reusable);
  }
}

function hexDigit(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48;
  const lower = byte | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}

/** Finds garbage before its end has come: without this, a target that talks something else would hang its caller. */
function rejectEarly(pending: Buffer, from: number, isHead: boolean): void {
  const prefix = 'HTTP/1.';
  if (isHead && !prefix.startsWith(pending.toString('latin1', 0, prefix.length)))
    throw new WireError('not an HTTP/1 response');
  for (let lf = pending.indexOf(LF, from); lf !== -1; lf = pending.indexOf(LF, lf + 1)) {
    if (lf === 0 || pending[lf - 1] !== CR) throw new WireError('a line ends in a bare LF');
  }
}
