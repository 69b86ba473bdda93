import type { CloudEvent } from '../../../src/domain/cloud-event.ts';
import type { EventBus, Subscription } from '../../../src/ports.ts';

interface Group {
  readonly subscription: Subscription;
  readonly handle: (event: CloudEvent) => Promise<void>;
  /** The last one of each subject: what comes after it waits for it. */
  readonly lines: Map<string, Promise<void>>;
  stopped: boolean;
}

export interface SmallBus extends EventBus {
  readonly published: readonly CloudEvent[];
  /** Nothing of these types is handed out, as if their consumers were dead; given back with `hold()`. */
  hold(...types: string[]): void;
  /** Each event is handed out so many times. */
  copies: number;
  /** While it is set, publishing fails with it. */
  trouble: Error | null;
}

/** A bus for one process, which can be made to misbehave within what a bus promises. */
export function smallBus(): SmallBus {
  const groups = new Set<Group>();
  const published: CloudEvent[] = [];
  let held: readonly string[] = [];
  let later: CloudEvent[] = [];

  const handOut = (event: CloudEvent): void => {
    if (held.includes(event.type)) {
      later.push(event);
      return;
    }
    for (const group of groups) {
      const { subscription, handle, lines } = group;
      if (group.stopped || !(subscription.types?.includes(event.type) ?? true)) continue;
      for (let copy = 0; copy < bus.copies; copy += 1) {
        const before = lines.get(event.subject) ?? Promise.resolve();
        lines.set(
          event.subject,
          before.then(() => (group.stopped ? undefined : handle(event))).catch((error) => console.error(error)),
        );
      }
    }
  };

  const bus: SmallBus = {
    published,
    copies: 1,
    trouble: null,
    hold(...types) {
      held = types;
      const back = later;
      later = [];
      for (const event of back) handOut(event);
    },
    async publish(events) {
      if (bus.trouble) throw bus.trouble;
      published.push(...events);
      for (const event of events) handOut(event);
    },
    consume(subscription, handle) {
      const group: Group = { subscription, handle, lines: new Map(), stopped: false };
      groups.add(group);
      return {
        async stop() {
          group.stopped = true;
          await Promise.all(group.lines.values());
        },
      };
    },
    read: async () => [],
    deadLetters: async () => [],
    revive: async () => 0,
    rewind: async () => 0,
    groups: async () => [],
    close: async () => {},
  };
  return bus;
}
