import type { Redis, RedisOptions } from 'ioredis';
import { BusError } from '../domain/bus-error.ts';
import { type RedisScript, redisScripts } from './redis-scripts.ts';

/** A connection with our scripts on it. */
export class RedisConnection {
  readonly #redis: Redis;
  /** `HOST:PORT`, without the credentials of the URL. */
  readonly #place: string;
  /** Why it was lost or not made; what the client says to its callers is only that it gave up. */
  #lastTrouble: string | null = null;
  #closed = false;
  /** What was sent and not answered: where the connection is back at once, the client would let it wait. */
  readonly #sent = new Set<(error: Error) => void>();

  constructor(redis: Redis, place: string) {
    this.#redis = redis;
    this.#place = place;
    redis.on('error', (error: Error) => {
      this.#lastTrouble = error.message || (error as NodeJS.ErrnoException).code || 'it ended';
    });
    redis.on('ready', () => {
      this.#lastTrouble = null;
    });
    redis.on('close', () => {
      for (const reject of this.#sent) reject(new Error('the connection has ended'));
    });
    for (const [name, lua] of Object.entries(redisScripts)) redis.defineCommand(`strangler_${name}`, { lua });
  }

  static async to(url: string): Promise<RedisConnection> {
    const { Redis } = await import('ioredis');
    const { hostname, port } = new URL(url);
    return new RedisConnection(new Redis(url, options), `${hostname}:${port || 6379}`);
  }

  /** Another one to the same place, for what blocks. */
  another(): RedisConnection {
    return new RedisConnection(this.#redis.duplicate(), this.#place);
  }

  /** Calls back with the connection's id in Redis, each time that it is made anew. */
  onReady(listener: (id: number) => void): void {
    const tell = (): void => {
      this.#redis.client('ID').then(listener, () => {});
    };
    this.#redis.on('ready', tell);
    if (this.#redis.status === 'ready') tell();
  }

  async run(script: RedisScript, keys: readonly string[], ...words: readonly (string | number)[]): Promise<unknown> {
    return this.#explained(() => {
      const command = this.#redis as unknown as Record<string, (...all: unknown[]) => Promise<unknown>>;
      return command[`strangler_${script}`]!(keys.length, ...keys, ...words);
    });
  }

  async ask(command: string, ...words: readonly (string | number)[]): Promise<unknown> {
    return this.#explained(() => this.#redis.call(command, ...words.map(String)));
  }

  close(): void {
    this.#closed = true;
    const isWaiting = this.#redis.status === 'reconnecting';
    this.#redis.disconnect();
    if (!isWaiting) return;
    // What waits for a connection between two attempts the client forgets about: it would fail only once its time is
    // over, and keep the process until then. An attempt that is broken off has it fail now.
    this.#redis.connect().catch(() => {});
    this.#redis.disconnect();
  }

  async #explained<T>(work: () => Promise<T>): Promise<T> {
    if (this.#closed) throw new BusError('closed', 'the bus has been closed');
    try {
      return await this.#answered(work());
    } catch (error) {
      throw this.#closed ? new BusError('closed', 'the bus has been closed') : this.#explain(error as Error);
    }
  }

  #answered<T>(asked: Promise<T>): Promise<T> {
    if (this.#redis.status !== 'ready') return asked;
    return new Promise((resolve, reject) => {
      this.#sent.add(reject);
      asked.then(resolve, reject).finally(() => this.#sent.delete(reject));
    });
  }

  /** Without its cause: an error of the client holds its command, and AUTH has the password in it. */
  #explain({ name, message }: Error): BusError {
    if (name !== 'ReplyError') {
      const why = this.#lastTrouble ?? message;
      return new BusError('unavailable', `Redis at ${this.#place} can't be reached: ${why}${wayOut(why)}`);
    }
    return new BusError('unavailable', `Redis at ${this.#place} refuses: ${message}${wayOut(message)}`);
  }
}

const options = {
  // What waits while a connection is made anew is told of the first failure, and not resent: nobody knows whether
  // it was done.
  maxRetriesPerRequest: 1,
  autoResendUnfulfilledCommands: false,
  commandTimeout: 5_000,
  connectTimeout: 5_000,
  // A connection that is gone already is waited for as well, for so long.
  disconnectTimeout: 200,
  retryStrategy: (times: number) => Math.min(50 * 2 ** Math.min(times, 10), 2_000),
  // After a failover the address may lead to the one that may be written.
  reconnectOnError: ({ message }: Error) => message.startsWith('READONLY'),
  connectionName: 'strangler',
  replyMapping: 'legacy',
} satisfies RedisOptions;

function wayOut(message: string): string {
  for (const [sign, way] of waysOut) if (message.includes(sign)) return `; ${way}`;
  return '';
}

const waysOut: readonly (readonly [string, string])[] = [
  ['NOAUTH', 'give the user and the password in its URL'],
  ['WRONGPASS', 'see the user and the password in its URL'],
  ['NOPERM', 'let this user run XADD, XREADGROUP, EVALSHA and the like on the keys of the stream'],
  ['OOM', 'give it more maxmemory, or keep fewer events'],
  ['MISCONF', 'it can no longer write to its disk'],
  ['READONLY', 'it is a replica: name the primary'],
  ['LOADING', 'it is still reading its data'],
  ['MOVED', 'it is one node of a cluster: name the node that has the stream'],
  ['unknown command', 'Redis 6.2 or newer is needed'],
];
