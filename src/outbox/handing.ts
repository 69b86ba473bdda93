import type { CloudEvent } from '../domain/cloud-event.ts';
import type { Answered, Intent } from '../domain/publishing/intent.ts';
import type { OutboxWriter } from '../ports.ts';
import { tell } from './tell.ts';

/** What a process without an outbox of its own has to say to the one that has it. */
export interface HandedOver {
  readonly events: readonly CloudEvent[];
  readonly uncertain: readonly { readonly intents: readonly Intent[]; readonly reason: string }[];
}

/**
 * The writing end of an outbox in another process's memory. An intent that only memory would hold is worth nothing there:
 * what came of it is handed over.
 */
export class HandingOutbox implements OutboxWriter {
  readonly #handOver: (what: HandedOver) => void;

  constructor(handOver: (what: HandedOver) => void) {
    this.#handOver = handOver;
  }

  async intend(): Promise<void> {}

  async record(answered: Answered): Promise<readonly (string | null)[]> {
    const told = tell(answered);
    this.#handOver({
      events: told.flatMap(({ event }) => (event === null ? [] : [event])),
      uncertain: told.flatMap((each) => (each.event === null ? [{ intents: [each.intent], reason: each.untold }] : [])),
    });
    return told.map((each) => (each.event === null ? each.untold : null));
  }

  async dismiss(): Promise<void> {}

  async leaveOpen(intents: readonly Intent[], reason: string): Promise<void> {
    this.#handOver({ events: [], uncertain: [{ intents, reason }] });
  }

  async prove(): Promise<void> {}
}
