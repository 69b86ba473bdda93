import { EventEmitter } from 'node:events';

export interface OrderChanged {
  readonly sequence: number;
  readonly orderId: number;
  readonly status: string;
  readonly total: number;
  readonly at: string;
}

export interface OrderListener {
  changed(event: OrderChanged): void;
  /** The shop is closing: nothing more will come. */
  closed(): void;
}

const remembered = 200;

/** Order changes, told to every open event stream, and kept a while for those who reconnect. */
export class OrderBus {
  #listeners = new EventEmitter().setMaxListeners(0);
  #recent: OrderChanged[] = [];
  #sequence = 0;

  publish(change: Omit<OrderChanged, 'sequence'>): void {
    this.#sequence += 1;
    const event = { sequence: this.#sequence, ...change };
    this.#recent.push(event);
    if (this.#recent.length > remembered) this.#recent.shift();
    this.#listeners.emit('order', event);
  }

  since(sequence: number): readonly OrderChanged[] {
    return this.#recent.filter((event) => event.sequence > sequence);
  }

  /** Returns the way to stop listening. */
  listen({ changed, closed }: OrderListener): () => void {
    this.#listeners.on('order', changed).on('close', closed);
    return () => this.#listeners.off('order', changed).off('close', closed);
  }

  close(): void {
    this.#listeners.emit('close');
  }
}
