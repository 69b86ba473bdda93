import type { InstanceUrl, TargetSettings } from '../../domain/settings.ts';
import type { Answer, InstancePort, Sweeper } from '../../ports.ts';
import { Connection, type ConnectionHome, type Outcomes } from './connection.ts';

/**
 * Seconds that an idle connection is trusted when the target does not say: less than most servers keep one. Some close
 * earlier (gunicorn after 2 s): a safe request that runs into that close is sent again, any other fails.
 */
const trustedIdleSeconds = 4;
const longestIdleSeconds = 600;
/** Idle connections kept for one instance; more than this many callers at once is a burst. */
const mostIdle = 512;

/** The connections to one instance. */
export class Pool implements ConnectionHome, InstancePort {
  readonly url: InstanceUrl;
  readonly settings: TargetSettings;
  readonly sweep: Sweeper;
  readonly limits = { head: 64 * 1024 };
  readonly outcomes: Outcomes;
  pending = 0;
  readonly #onMisbehaved: (what: string) => void;
  readonly #idle: Connection[] = [];
  readonly #all = new Set<Connection>();
  #parked: Connection[] = [];
  #parkedNext: Connection[] = [];
  /** False after the target sent bytes that answered nothing: its next surplus could meet a request on its way. */
  #pooling = true;
  #closed = false;

  constructor(
    url: InstanceUrl,
    settings: TargetSettings,
    sweep: Sweeper,
    outcomes: Outcomes,
    onMisbehaved: (what: string) => void,
  ) {
    this.url = url;
    this.settings = settings;
    this.sweep = sweep;
    this.outcomes = outcomes;
    this.#onMisbehaved = onMisbehaved;
  }

  /**
   * A connection for one exchange. When it is not `ready` yet, `answer.onConnect` follows.
   * `fresh`: never one that was used before.
   */
  open(answer: Answer, fresh = false): Connection {
    const idle = fresh ? undefined : this.#idle.pop();
    if (idle !== undefined) {
      idle.idleIndex = -1;
      this.sweep.remove(idle);
      idle.reuse(answer);
      return idle;
    }
    const connection = new Connection(this, answer);
    this.#all.add(connection);
    return connection;
  }

  /** Sockets held, in use or idle. */
  get size(): number {
    return this.#all.size;
  }

  /** Lets go of the idle connections; those in use close when their exchange ends. */
  close(): void {
    this.#closed = true;
    for (const connection of [...this.#idle, ...this.#parked, ...this.#parkedNext]) connection.destroy();
    this.#parked = [];
    this.#parkedNext = [];
  }

  /** Cuts everything, exchanges under way included. */
  destroy(): void {
    this.close();
    for (const connection of this.#all) connection.destroy();
  }

  onReusable(connection: Connection): void {
    if (this.#closed || !this.#pooling || this.#idle.length >= mostIdle) {
      connection.destroy();
      return;
    }
    // Parked for a turn of the event loop first: late bytes of the response just read show themselves in it.
    if (this.#parked.length === 0 && this.#parkedNext.length === 0) setImmediate(() => this.#unpark());
    this.#parked.push(connection);
  }

  onGone(connection: Connection): void {
    this.#all.delete(connection);
    const index = connection.idleIndex;
    if (index === -1) return;
    connection.idleIndex = -1;
    const last = this.#idle.pop()!;
    if (last === connection) return;
    this.#idle[index] = last;
    last.idleIndex = index;
  }

  onSurplus(): void {
    if (!this.#pooling) return;
    this.#pooling = false;
    for (const connection of [...this.#idle]) connection.destroy();
    this.#onMisbehaved('it sent bytes that belong to no response; its connections are not reused any more');
  }

  #unpark(): void {
    for (const connection of this.#parkedNext) this.#toIdle(connection);
    this.#parkedNext = this.#parked;
    this.#parked = [];
    if (this.#parkedNext.length > 0) setImmediate(() => this.#unpark());
  }

  #toIdle(connection: Connection): void {
    if (connection.gone) return;
    if (this.#closed || !this.#pooling) {
      connection.destroy();
      return;
    }
    connection.idleIndex = this.#idle.push(connection) - 1;
    const promised = connection.keepAliveSeconds === -1 ? trustedIdleSeconds : connection.keepAliveSeconds - 1;
    connection.deadline = this.sweep.after(Math.max(0.5, Math.min(promised, longestIdleSeconds)) * 1000);
    this.sweep.add(connection);
  }
}
