import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { openUntrimmed } from '../../src/bus/open.ts';
import type { Settings } from '../../src/domain/settings.ts';
import type { DomainEvent } from '../../src/ports.ts';
import { createDispatching } from '../../src/runtime/dispatching.ts';
import { anEvent } from '../contract/bus.ts';
import { noRedis, privateRedis } from '../support/redis.ts';

const within = { timeout: 10_000, interval: 20 };

describe.skipIf(noRedis !== null)('what keeps the size of the bus', () => {
  afterEach(() => vi.useRealTimers());

  it('says whom it has cost events that were not had', async () => {
    const redis = await privateRedis();
    onTestFinished(() => redis.remove());
    const location = { kind: 'redis', url: redis.url } as const;
    const bus = await openUntrimmed({ location, stream: 'events', sync: 'disk' });
    onTestFinished(() => bus.close());
    const consumer = bus.consume({ group: 'mails' }, async () => {});
    await expect.poll(() => bus.groups(), within).toHaveLength(1);
    await consumer.stop();

    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const events: DomainEvent[] = [];
    const dispatching = createDispatching({ events: { emit: (event) => void events.push(event) }, clock: Date });
    onTestFinished(() => dispatching.stop());
    const told = { bus: location, stream: 'events', source: '/test', keep: 3_600_000, most: 2, sync: 'disk' };
    dispatching.apply({ routes: [{ publish: [{}] }], state: { kind: 'memory' }, events: told } as unknown as Settings);
    await dispatching.outbox.add(['1', '2', '3', '4', '5'].map((id) => anEvent(id)));
    dispatching.wake();
    await expect.poll(() => dispatching.delivered, within).toBe(5);
    vi.advanceTimersByTime(60_000);
    await expect.poll(() => events, within).toContainEqual({ type: 'events.lost', group: 'mails', events: 3 });
  });
});
