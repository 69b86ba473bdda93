import { expect, it } from 'vitest';
import { memoryState } from '../../src/state/memory.ts';
import { describeState, shift } from '../contract/state.ts';
import { aRow } from '../domain/a-row.ts';

describeState('memory', async () => {
  // Every handle of the suite is the one state; only closing belongs to a handle.
  let shared: ReturnType<typeof memoryState> | null = null;
  return {
    open: async (clock) => {
      shared ??= memoryState(clock);
      return shared;
    },
    remove: async () => {},
  };
});

it('begins with the rows that it is given', async () => {
  const row = aRow({ declared: 5, live: 7 });
  const state = memoryState({ now: () => 0 }, [row]);
  expect(await state.read()).toEqual([row]);
  expect((await state.change(shift(['order'], 8))).live).toEqual([{ ...row, live: 8 }]);
});
