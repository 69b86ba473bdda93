import { expect, it, vi } from 'vitest';
import { answered, intent } from '../contract/outbox.ts';
import { bent, publishing } from '../support/publishing.ts';

it('pays what it owes once, and loses nothing in silence, when it is stopped while it pays', async () => {
  const recorded: string[] = [];
  let isAway = true;
  let goOn = (): void => {};
  const { keeper, events } = publishing((outbox) =>
    bent(outbox, {
      prove: async () => {},
      async record({ tellings: [telling] }) {
        const { type } = telling!.intent;
        if (isAway || type === 'second') throw new Error('away');
        recorded.push(type);
        await new Promise<void>((resolve) => {
          goOn = resolve;
        });
        return [null];
      },
    }),
  );
  await keeper.record(answered(intent({ type: 'first' })));
  await keeper.record(answered(intent({ type: 'second' })));
  isAway = false;
  await vi.waitFor(() => expect(recorded).toEqual(['first']), { timeout: 5_000 });
  const closing = keeper.close();
  await new Promise((resolve) => setImmediate(resolve));
  goOn();
  await closing;
  expect(recorded).toEqual(['first']);
  expect(events).toContainEqual(expect.objectContaining({ type: 'event.lost', event: 'second' }));
});
