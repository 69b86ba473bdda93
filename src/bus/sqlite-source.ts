import { eventOf } from '../domain/event-text.ts';
import type { Clock } from '../ports.ts';
import { type Batch, type Delivery, type GroupSource, type Hold, type Holding, LostHold } from './group-source.ts';
import { Handled } from './handled.ts';
import type { BusLine } from './sqlite-line.ts';
import type { Consumer } from './sqlite-protocol.ts';

export class SqliteSource implements GroupSource {
  readonly lease: number;
  readonly #line: BusLine;
  readonly #who: Consumer;
  readonly #clock: Clock;
  readonly #handled = new Handled(async (hold, positions) => {
    const position = positions.at(-1) ?? '';
    mustHold(await this.#line.ask({ kind: 'handled', hold, position, ...this.#who }));
  });

  constructor(line: BusLine, who: Consumer, lease: number, clock: Clock) {
    this.#line = line;
    this.#who = who;
    this.lease = lease;
    this.#clock = clock;
  }

  hold(): Promise<Holding> {
    return this.#line.ask({ kind: 'hold', lease: this.lease, ...this.#who });
  }

  async read(idle: readonly Hold[]): Promise<readonly Batch[]> {
    this.#handled.flush();
    const batches = await this.#line.ask({ kind: 'read-on', idle, ...this.#who });
    return batches.map((batch) => ({
      ...batch,
      deliveries: batch.deliveries.map(({ position, text }) => ({ position, text, event: eventOf(text) })),
    }));
  }

  interrupt(): void {
    void this.#line.ask({ kind: 'interrupt', ...this.#who }).catch(() => {});
  }

  handled(hold: Hold, position: string): Promise<void> {
    return this.#handled.add(hold, position);
  }

  async failed(hold: Hold, _position: string, failures: number): Promise<void> {
    this.#handled.flush();
    mustHold(await this.#line.ask({ kind: 'failed', hold, failures, ...this.#who }));
  }

  async bury(hold: Hold, { position, text }: Delivery, attempts: number, error: string): Promise<void> {
    this.#handled.flush();
    const letter = { body: text, attempts, error, at: this.#clock.now() };
    mustHold(await this.#line.ask({ kind: 'bury', hold, position, letter, ...this.#who }));
  }

  async release(hold: Hold): Promise<void> {
    this.#handled.flush();
    await this.#line.ask({ kind: 'release', hold, ...this.#who });
  }

  async leave(): Promise<void> {
    this.#handled.flush();
    await this.#line.ask({ kind: 'leave', ...this.#who });
  }
}

function mustHold(held: boolean): void {
  if (!held) throw new LostHold('somebody else has this partition now');
}
