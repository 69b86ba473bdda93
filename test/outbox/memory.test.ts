import { expect, it } from 'vitest';
import { MemoryOutbox } from '../../src/outbox/memory.ts';
import { answered, describeOutbox, intent } from '../contract/outbox.ts';

const open = async (most = 1_000) => new MemoryOutbox({ now: Date.now }, { keep: 60_000, most });

describeOutbox('in memory', async () => ({ open: ({ most } = { most: 1_000 }) => open(most), remove: async () => {} }));

it('refuses new intents when too much waits for the bus, and takes what comes of those it has', async () => {
  const outbox = await open(2);
  const under = intent();
  await outbox.intend([under]);
  await outbox.record(answered(intent()));
  await outbox.record(answered(intent()));
  await expect(outbox.intend([intent()])).rejects.toThrow(/2 events wait for the bus/);
  expect(await outbox.record(answered(under))).toEqual([null]);
});
