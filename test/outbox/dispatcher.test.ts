import { expect, it, onTestFinished } from 'vitest';
import type { CloudEvent } from '../../src/domain/cloud-event.ts';
import { Dispatcher } from '../../src/outbox/dispatcher.ts';
import type { DomainEvent, Outbox } from '../../src/ports.ts';
import { answered, intent } from '../contract/outbox.ts';
import { bent, memoryOutbox } from '../support/publishing.ts';

/** A bus that remembers, and fails while it is told to. */
function recordingBus() {
  const published: CloudEvent[] = [];
  const bus = {
    published,
    away: false,
    opened: 0,
    async publish(events: readonly CloudEvent[]) {
      if (bus.away) throw new Error('nobody listens there');
      published.push(...events);
    },
  };
  return bus;
}

function dispatch(outbox: Outbox, bus = recordingBus()) {
  const events: DomainEvent[] = [];
  const dispatcher = new Dispatcher({
    outbox,
    events: { emit: (event) => void events.push(event) },
    openBus: async () => {
      bus.opened++;
      return bus;
    },
  });
  onTestFinished(() => dispatcher.close(100));
  return { bus, events, dispatcher };
}

async function record(outbox: Outbox, ...keys: number[]): Promise<void> {
  for (const key of keys) await outbox.record(answered(intent(), `{"id":${key}}`));
}

const keysOf = ({ published }: { published: readonly CloudEvent[] }) => published.map(({ subject }) => Number(subject));
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index);

it('takes to the bus what is recorded, in its order and once, without being told', async () => {
  const outbox = memoryOutbox();
  const { bus, dispatcher } = dispatch(outbox);
  await record(outbox, ...upTo(450));
  await expect.poll(() => keysOf(bus)).toEqual(upTo(450));
  await expect.poll(() => outbox.standing()).toMatchObject({ pending: 0 });
  expect([dispatcher.delivered, bus.opened]).toEqual([450, 1]);
});

it('keeps what a bus that is away does not take, and hands it over in order when it is back', async () => {
  const outbox = memoryOutbox();
  const { bus, events } = dispatch(outbox);
  bus.away = true;
  await record(outbox, 0, 1);
  await expect
    .poll(() => events)
    .toEqual([{ type: 'events.stuck', pending: expect.any(Number), error: 'nobody listens there' }]);
  await record(outbox, 2, 3);
  bus.away = false;
  await expect.poll(() => keysOf(bus), { timeout: 10_000 }).toEqual([0, 1, 2, 3]);
  await expect.poll(() => events.map(({ type }) => type)).toEqual(['events.stuck', 'events.recovered']);
});

it('says that the bus is away also after the outbox was', async () => {
  const memory = memoryOutbox();
  let isLocked = true;
  const outbox = bent(memory, {
    take: async (holder) => {
      if (isLocked) throw new Error('locked');
      return memory.take(holder);
    },
    standing: async () => {
      if (isLocked) throw new Error('locked');
      return memory.standing();
    },
  });
  const bus = recordingBus();
  bus.away = true;
  await record(memory, 0);
  const { events, dispatcher } = dispatch(outbox, bus);
  dispatcher.wake();
  await new Promise((resolve) => setImmediate(resolve));
  isLocked = false;
  await expect.poll(() => events.map(({ type }) => type)).toEqual(['events.stuck']);
});

it('tries again to open a bus that could not be opened', async () => {
  const outbox = memoryOutbox();
  const bus = recordingBus();
  let tries = 0;
  const dispatcher = new Dispatcher({
    outbox,
    events: { emit: () => {} },
    async openBus() {
      if (++tries < 3) throw new Error('no such host');
      return bus;
    },
  });
  onTestFinished(() => dispatcher.close(100));
  await record(outbox, 7);
  await expect.poll(() => keysOf(bus), { timeout: 10_000 }).toEqual([7]);
});

it('delivers at its end what still waits, and lets the next one begin at once', async () => {
  const outbox = memoryOutbox();
  const first = dispatch(outbox);
  await record(outbox, 0);
  await expect.poll(() => keysOf(first.bus)).toEqual([0]);
  await record(outbox, 1, 2);
  await first.dispatcher.close(1_000);
  expect(keysOf(first.bus)).toEqual([0, 1, 2]);
  await record(outbox, 3);
  const second = dispatch(outbox);
  await expect.poll(() => keysOf(second.bus)).toEqual([3]);
});

it('leaves an outbox alone that somebody else empties', async () => {
  const outbox = memoryOutbox();
  const [one, other] = [dispatch(outbox), dispatch(outbox)];
  for (const key of upTo(20)) {
    await record(outbox, key);
    one.dispatcher.wake();
    other.dispatcher.wake();
  }
  await expect.poll(() => outbox.standing()).toMatchObject({ pending: 0 });
  expect([...keysOf(one.bus), ...keysOf(other.bus)]).toEqual(upTo(20));
});
