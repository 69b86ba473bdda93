import { afterEach, expect, it, vi } from 'vitest';
import type { GroupSource } from '../../src/bus/group-source.ts';
import { HeldPartition } from '../../src/bus/held-partition.ts';
import { lapseAfter } from '../../src/bus/lapse.ts';
import { anEvent } from '../contract/bus.ts';

afterEach(() => vi.useRealTimers());

it('handles nothing more once the lease may have run out while the machine slept', async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  const handled: string[] = [];
  const isLost = new Promise<void>((lost) => {
    const source = { handled: async () => {} } as unknown as GroupSource;
    const owner = {
      idle: () => held.take({ partition: 0, token: 't', deliveries: deliveries.splice(0) }),
      lost,
      trouble: () => {},
    };
    const deliveries = ['1', '2'].map((id) => ({ position: id, event: anEvent(id), text: '' }));
    const handle = async ({ id }: { readonly id: string }): Promise<void> => {
      handled.push(id);
      vi.setSystemTime(Date.now() + 3_600_000);
    };
    const terms = { types: null, attempts: 5, backoff: 1 };
    const hold = { partition: 0, token: 't', failures: 0 };
    const held = new HeldPartition({ source, terms, handle, owner }, hold, lapseAfter(10_000), Promise.resolve());
  });
  await isLost;
  expect(handled).toEqual(['1']);
});
