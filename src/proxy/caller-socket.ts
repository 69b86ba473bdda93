import type { ServerResponse } from 'node:http';
import { BlockList, isIP, isIPv6, type Socket } from 'node:net';
import type { ErrorCode } from '../domain/errors.ts';
import { claimedOrigin, hopAddress, plainAddress } from '../domain/forwarded.ts';

/** The peers whose forwarding headers are believed. */
export class Trust {
  readonly #list = new BlockList();
  readonly #empty: boolean;

  /** @param blocks CIDR blocks or single addresses. */
  constructor(blocks: readonly string[]) {
    for (const block of blocks) {
      const [address = '', prefix] = block.split('/');
      const family = isIPv6(address) ? 'ipv6' : 'ipv4';
      if (prefix === undefined) this.#list.addAddress(address, family);
      else this.#list.addSubnet(address, Number(prefix), family);
    }
    this.#empty = blocks.length === 0;
  }

  has(address: string): boolean {
    const family = isIP(address);
    return !this.#empty && family !== 0 && this.#list.check(address, family === 6 ? 'ipv6' : 'ipv4');
  }
}

/** What a caller asked for, as far as it is believed. */
export interface Origin {
  readonly proto: string;
  readonly host: string;
  readonly secure: boolean;
}

/** A request under way, as its caller's connection sees it. */
export interface Abortable {
  /** The caller has left. */
  onCallerGone(): void;
  /** The caller takes more of the answer again. */
  onCallerDrain(): void;
  /** The caller's message turned out to be broken. */
  onCallerBroke(code: ErrorCode): void;
  /** The caller still owes bytes of this request's body. */
  readonly readsBody: boolean;
}

/** A caller may send this many requests ahead; further ones wait in its socket. */
const mostPipelined = 64;

/** What is known of one caller's connection, kept with it: computed once, used by each of its requests. */
export class CallerSocket {
  /** The peer's address; IPv4 without the `::ffff:` that a dual-stack socket puts before it. */
  readonly address: string;
  readonly secure: boolean;
  /** It said for whom it asks, and is not trusted to. */
  vouched = false;
  /** Set once an answer ends the connection: what follows on it is not read as requests any more. */
  refused = false;
  /** The last request's response, which may still lie in wait for slower bytes before it. */
  lastResponse: ServerResponse | null = null;
  readonly #socket: Socket;
  #trust: Trust;
  #trusted: boolean;
  /** The host that the last request named, and what is said of this peer to whom it goes. */
  #host: string | null = null;
  #element = '';
  #fields = '';
  #held = false;
  #advancing = false;
  #active: Abortable | null = null;
  /** Pipelined requests: the next one begins when the one before it has been answered. */
  readonly #waiting: (() => Abortable | null)[] = [];

  constructor(socket: Socket, secure: boolean, trust: Trust) {
    this.#socket = socket;
    this.address = plainAddress(socket.remoteAddress ?? '');
    this.secure = secure;
    this.#trust = trust;
    this.#trusted = trust.has(this.address);
  }

  /** Whether its forwarding headers are believed. */
  get trusted(): boolean {
    return this.#trusted;
  }

  /** Goes by `trust` from here on: connections outlive the settings that they were opened under. */
  judgeBy(trust: Trust): void {
    if (this.#trust === trust) return;
    this.#trust = trust;
    this.#trusted = trust.has(this.address);
    this.vouched = false;
  }

  /** Nothing was ever asked here. Browsers open such connections ahead; Node does not count them as idle. */
  get unused(): boolean {
    return this.#socket.bytesRead === 0;
  }

  get active(): Abortable | null {
    return this.#active;
  }

  /** Lets `start` begin a request at its turn; `null` from it means that it was over at once. */
  enqueue(start: () => Abortable | null): void {
    if (this.#active === null && !this.#advancing) {
      this.#active = start();
      return;
    }
    this.#waiting.push(start);
    if (this.#waiting.length >= mostPipelined && !this.#held) {
      this.#held = true;
      this.#socket.pause();
    }
  }

  /** `request` has been answered. */
  next(request: Abortable): void {
    if (this.#active !== null && this.#active !== request) return;
    this.#active = null;
    if (this.#waiting.length > 0 && !this.#advancing) this.#advance();
  }

  #advance(): void {
    // A request that is over at once asks for the next one from within its own start.
    this.#advancing = true;
    while (this.#active === null && this.#waiting.length > 0) this.#active = this.#waiting.shift()!();
    this.#advancing = false;
    if (this.#held && this.#waiting.length === 0) {
      this.#held = false;
      this.#socket.resume();
    }
  }

  /** Lets `write` write to the socket itself once every response before it has left. */
  afterLastResponse(write: () => void): void {
    if (this.lastResponse === null || this.lastResponse.writableFinished) write();
    else this.lastResponse.once('close', write);
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /** The connection is gone, and everything that it asked for with it. */
  onClose(): void {
    this.#waiting.length = 0;
    const active = this.#active;
    this.#active = null;
    active?.onCallerGone();
  }

  /** `for=…;proto=…` of RFC 7239. */
  forwardedElement(host: string): string {
    if (host !== this.#host) this.#name(host);
    return this.#element;
  }

  /** All forwarding fields, for a peer whose own ones are not believed. */
  forwardingFields(host: string): string {
    if (host !== this.#host) this.#name(host);
    return this.#fields;
  }

  /** Nearly every request names the host of the one before it, so the text is made once. */
  #name(host: string): void {
    const { address } = this;
    const proto = this.secure ? 'https' : 'http';
    const node = address.includes(':') ? `"[${address}]"` : address || 'unknown';
    const hostField = host === '' ? '' : `X-Forwarded-Host: ${host}\r\n`;
    this.#host = host;
    this.#element = `for=${node};${host === '' ? '' : `host="${host}";`}proto=${proto}`;
    this.#fields = `X-Forwarded-For: ${address}\r\nX-Forwarded-Proto: ${proto}\r\n${hostField}Forwarded: ${this.#element}\r\n`;
  }

  /** What was asked for at the outermost peer that is believed; `host` is the one that this request names. */
  origin(host: string, rawHeaders: readonly string[]): Origin {
    const { secure } = this;
    const seen = { proto: secure ? 'https' : 'http', host, secure };
    if (!this.#trusted) return seen;
    const claimed = claimedOrigin(rawHeaders);
    const proto = claimed.proto || seen.proto;
    return { proto, host: claimed.host || host, secure: /^(?:https|wss)$/i.test(proto) };
  }

  /** The address that counts as the caller's: the nearest one that no trusted peer vouches past. */
  clientAddress(rawHeaders: readonly string[]): string {
    if (!this.#trusted) return this.address;
    const hops: string[] = [];
    for (let i = 0; i < rawHeaders.length; i += 2) {
      if (rawHeaders[i]!.toLowerCase() === 'x-forwarded-for') hops.push(...rawHeaders[i + 1]!.split(','));
    }
    for (const hop of hops.reverse()) {
      const address = hopAddress(hop);
      if (address === null || isIP(address) === 0) break;
      if (!this.#trust.has(address)) return address;
    }
    return this.address;
  }
}
