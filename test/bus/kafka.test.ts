import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { openUntrimmed } from '../../src/bus/open.ts';
import { anEvent, describeBus } from '../contract/bus.ts';
import { freePort } from '../support/free-port.ts';

const brokers = process.env.KAFKA_BROKERS?.split(',') ?? [];
if (brokers.length === 0) console.warn('KAFKA_BROKERS is not set: the bus on Kafka is not tested against a broker');

describe.skipIf(brokers.length === 0)('with a real Kafka', () => {
  describeBus(
    'Kafka',
    async () => {
      const stream = `test-${randomUUID()}`;
      return {
        open: () => openUntrimmed({ location: { kind: 'kafka', brokers }, stream, sync: 'disk', lease: 6_000 }),
        location: `kafka://${brokers.join(',')}`,
        stream,
        remove: async () => {},
      };
    },
    { oneOrder: true, trimming: true, deaths: true },
  );
});

describe('a bus on Kafka without a broker', () => {
  it('says where nobody answers, and its consumers wait', async () => {
    const broker = `127.0.0.1:${await freePort()}`;
    const location = { kind: 'kafka', brokers: [broker] } as const;
    const bus = await openUntrimmed({ location, stream: 'events', sync: 'disk', lease: 6_000 });
    const troubles: (string | null)[] = [];
    bus.consume({ group: 'mails', onTrouble: (error) => troubles.push(error?.message ?? null) }, async () => {});
    await expect(bus.publish([anEvent('1')])).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining(`Kafka at ${broker} fails: `),
    });
    await expect.poll(() => troubles, { timeout: 20_000 }).toEqual([expect.stringContaining(broker)]);
    await bus.close();
    await expect(bus.publish([anEvent('1')])).rejects.toMatchObject({ code: 'closed' });
  });

  it('refuses a stream that is no name of a topic', async () => {
    const location = { kind: 'kafka', brokers: ['127.0.0.1:1'] } as const;
    const opening = openUntrimmed({ location, stream: 'a/b', sync: 'disk' });
    await expect(opening).rejects.toMatchObject({ code: 'refused', message: expect.stringContaining('topic') });
  });
});
