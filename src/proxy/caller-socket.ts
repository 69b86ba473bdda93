import { BlockList, isIP, isIPv6, type Socket } from 'node:net';

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

const privateBlocks = new Trust([
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '127.0.0.0/8',
  '::1',
  'fc00::/7',
  'fe80::/10',
]);

/** Anything that stops when the caller goes away. */
export interface Abortable {
  onCallerGone(): void;
}

/** What is known of one caller's connection, kept with it: computed once, used by each of its requests. */
export class CallerSocket {
  /** The peer's address; IPv4 without the `::ffff:` that a dual-stack socket puts before it. */
  readonly address: string;
  readonly secure: boolean;
  readonly trusted: boolean;
  readonly isPrivate: boolean;
  /** The forwarding headers for an untrusted peer, but for the host. */
  readonly forwardedFor: string;
  /** Set once a request was refused: what follows on the connection is not read as requests any more. */
  refused = false;
  /** The caller has ended its side; it may still be listening. */
  halfClosed = false;
  active: Abortable | null = null;
  /** Pipelined requests, answered one after the other. */
  readonly waiting: (() => void)[] = [];

  constructor(socket: Socket, secure: boolean, trust: Trust) {
    const address = socket.remoteAddress ?? '';
    this.address = address.startsWith('::ffff:') ? address.slice(7) : address;
    this.secure = secure;
    this.trusted = trust.has(this.address);
    this.isPrivate = privateBlocks.has(this.address);
    this.forwardedFor = `X-Forwarded-For: ${this.address}\r\nX-Forwarded-Proto: ${secure ? 'https' : 'http'}\r\n`;
  }

  /** `for=…;proto=…` of RFC 7239. */
  forwardedElement(host: string): string {
    const node = this.address.includes(':') ? `"[${this.address}]"` : this.address || 'unknown';
    return `for=${node};${host === '' ? '' : `host="${host}";`}proto=${this.secure ? 'https' : 'http'}`;
  }

  /** The address that counts as the caller's: the nearest one that no trusted peer vouches past. */
  clientAddress(rawHeaders: readonly string[], trust: Trust): string {
    if (!this.trusted) return this.address;
    const hops: string[] = [];
    for (let i = 0; i < rawHeaders.length; i += 2) {
      if (rawHeaders[i]!.toLowerCase() === 'x-forwarded-for') hops.push(...rawHeaders[i + 1]!.split(','));
    }
    for (const hop of hops.reverse()) {
      const address = hop.trim();
      if (isIP(address) === 0) break;
      if (!trust.has(address)) return address;
    }
    return this.address;
  }
}
