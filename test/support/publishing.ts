import type { CloudEvent } from '../../src/domain/cloud-event.ts';
import type { PublishSettings } from '../../src/domain/publishing/settings.ts';
import { OutboxKeeper } from '../../src/outbox/keeper.ts';
import { MemoryOutbox } from '../../src/outbox/memory.ts';
import { createPublisher } from '../../src/outbox/publisher.ts';
import { Tallies } from '../../src/outbox/tally.ts';
import type { DomainEvent, Outbox, Publisher } from '../../src/ports.ts';

export interface TestPublishing {
  readonly publisher: Publisher;
  readonly outbox: Outbox;
  readonly keeper: OutboxKeeper;
  readonly tallies: Tallies;
  readonly events: DomainEvent[];
  /** What waits for the bus. */
  recorded(): Promise<readonly CloudEvent[]>;
  /** Why each uncertain intent is. */
  reasons(): Promise<readonly string[]>;
}

/** A publisher over an outbox in memory, or over one whose ways are bent. */
export function publishing(bend: (outbox: Outbox) => Outbox = (outbox) => outbox): TestPublishing {
  const memory = memoryOutbox();
  const outbox = bend(memory);
  const events: DomainEvent[] = [];
  const tallies = new Tallies();
  const keeper = new OutboxKeeper({
    outbox,
    events: { emit: (event) => void events.push(event) },
    tallies,
    onRecorded: () => {},
  });
  const publisher = createPublisher({ clock: { now: Date.now }, keeper, tallies, source: () => '/test' });
  return {
    publisher,
    outbox,
    keeper,
    tallies,
    events,
    recorded: async () => (await memory.take('test')) ?? [],
    reasons: async () => (await memory.uncertain(100)).map(({ reason }) => reason),
  };
}

/** What a route says that publishes `order.created` by the answer's `$.id`. */
export function telling(more: Partial<PublishSettings> = {}): PublishSettings {
  return {
    type: 'order.created',
    when: [[200, 399]],
    key: { from: 'answer', steps: ['id'] },
    data: null,
    mode: 'durable',
    methods: null,
    limit: 256 * 1024,
    unavailable: 'forward',
    ...more,
  };
}

/** The same outbox but for some of its ways. */
export function bent(outbox: Outbox, ways: Partial<Outbox>): Outbox {
  return new Proxy(outbox, {
    get: (target, name: keyof Outbox) => ways[name] ?? target[name].bind(target),
  });
}

export function memoryOutbox(): MemoryOutbox {
  return new MemoryOutbox({ now: Date.now }, { keep: 60_000, most: 1_000 });
}
