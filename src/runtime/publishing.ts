import type { PublishFigures } from '../domain/publishing/figures.ts';
import type { Settings } from '../domain/settings.ts';
import { OutboxKeeper } from '../outbox/keeper.ts';
import { createPublisher } from '../outbox/publisher.ts';
import { Tallies } from '../outbox/tally.ts';
import type { Clock, EventSink, OutboxWriter, Publisher } from '../ports.ts';

interface PublishingParts {
  readonly events: EventSink;
  readonly clock: Clock;
  readonly outbox: OutboxWriter;
  /** Told after anything has been recorded here. */
  readonly onRecorded: () => void;
}

/** What a process that serves callers needs to tell of their requests. */
export interface Publishing {
  readonly publisher: Publisher;
  apply(settings: Settings): void;
  figures(): PublishFigures;
  /** After the last request: what is still owed to the outbox is written, or lost. */
  stop(): Promise<void>;
}

export function createPublishing({ events, clock, outbox, onRecorded }: PublishingParts): Publishing {
  const tallies = new Tallies();
  const keeper = new OutboxKeeper({ outbox, events, tallies, onRecorded });
  let source = '';
  return {
    publisher: createPublisher({ clock, keeper, tallies, source: () => source }),
    apply(settings) {
      source = settings.events.source;
    },
    figures: () => tallies.figures(),
    stop: () => keeper.close(),
  };
}
