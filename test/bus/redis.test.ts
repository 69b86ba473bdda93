import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe } from 'vitest';
import { openUntrimmed } from '../../src/bus/open.ts';
import { describeBus } from '../contract/bus.ts';
import { noRedis, type PrivateRedis, privateRedis } from '../support/redis.ts';

describe.skipIf(noRedis !== null)('with a real Redis', () => {
  let own: PrivateRedis | null = null;
  let url = process.env.REDIS_URL ?? '';
  beforeAll(async () => {
    if (url !== '') return;
    own = await privateRedis();
    url = own.url;
  });
  afterAll(() => own?.remove());

  describeBus('Redis', async () => {
    const stream = `test ${randomUUID()}`;
    return {
      open: () => openUntrimmed({ location: { kind: 'redis', url }, stream, sync: 'disk', lease: 1_500 }),
      location: url,
      stream,
      remove: async () => {},
    };
  });
});
