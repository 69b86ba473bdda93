import { createSocket, type Socket } from 'node:dgram';
import { Resolver } from 'node:dns/promises';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

export interface Zone {
  readonly A?: readonly string[];
  readonly AAAA?: readonly string[];
  /** Seconds. */
  readonly ttl?: number;
}

/** What is said of a name: its records, that there is no such name, that the server failed, or nothing at all. */
export type Saying = Zone | 'no such name' | 'failure' | 'silence';

const types = { 1: 'A', 28: 'AAAA' } as const;

/** A name server on loopback that says what a test wants said, and counts what it was asked. */
export class DnsServer {
  /** By name; what stands nowhere is no such name. */
  readonly sayings = new Map<string, Saying>();
  /** `A orders.test` and the like, in order. */
  readonly questions: string[] = [];
  readonly #socket: Socket;
  #waiting: (() => void)[] = [];

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('message', (query, { port, address }) => {
      const answer = this.#answerTo(query);
      if (answer !== null) socket.send(answer, port, address);
      for (const resume of this.#waiting.splice(0)) resume();
    });
  }

  static async start(): Promise<DnsServer> {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return new DnsServer(socket);
  }

  /** One that asks only here. */
  resolver(): Resolver {
    const resolver = new Resolver({ timeout: 200, tries: 1 });
    resolver.setServers([`127.0.0.1:${(this.#socket.address() as AddressInfo).port}`]);
    return resolver;
  }

  /** Waits until it has been asked so often. */
  async asked(count: number): Promise<void> {
    while (this.questions.length < count) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => this.#socket.close(resolve));
  }

  #answerTo(query: Buffer): Buffer | null {
    const { name, end } = readName(query, 12);
    const type = types[query.readUInt16BE(end) as keyof typeof types];
    const question = query.subarray(12, end + 4);
    this.questions.push(`${type} ${name}`);
    const saying = this.sayings.get(name) ?? 'no such name';
    if (saying === 'silence') return null;
    const code = saying === 'no such name' ? 3 : saying === 'failure' ? 2 : 0;
    const addresses = typeof saying === 'string' ? [] : (saying[type] ?? []);
    const ttl = typeof saying === 'string' ? 0 : (saying.ttl ?? 1);
    const head = Buffer.alloc(12);
    query.copy(head, 0, 0, 2);
    head.writeUInt16BE(0x8180 | code, 2);
    head.writeUInt16BE(1, 4);
    head.writeUInt16BE(addresses.length, 6);
    return Buffer.concat([head, question, ...addresses.map((address) => record(address, ttl))]);
  }
}

function readName(message: Buffer, start: number): { name: string; end: number } {
  const labels: string[] = [];
  let at = start;
  while (message[at] !== 0) {
    const length = message[at]!;
    labels.push(message.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join('.').toLowerCase(), end: at + 1 };
}

/** A record for the name that was asked about. */
function record(address: string, ttl: number): Buffer {
  const data = address.includes(':') ? sixteenBytes(address) : Buffer.from(address.split('.').map(Number));
  const head = Buffer.alloc(12);
  head.writeUInt16BE(0xc00c, 0);
  head.writeUInt16BE(address.includes(':') ? 28 : 1, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt32BE(ttl, 6);
  head.writeUInt16BE(data.length, 10);
  return Buffer.concat([head, data]);
}

function sixteenBytes(address: string): Buffer {
  const [left = '', right = ''] = address.split('::');
  const groups = (text: string): string[] => text.split(':').filter((group) => group !== '');
  const zeros = 8 - groups(left).length - groups(right).length;
  const all = address.includes('::') ? [...groups(left), ...Array(zeros).fill('0'), ...groups(right)] : groups(address);
  return Buffer.from(all.map((group) => group.padStart(4, '0')).join(''), 'hex');
}
