import { expect, it } from 'vitest';
import { memoryState } from '../../src/state/memory.ts';
import { describeRollouts } from '../contract/rollouts.ts';
import { describeState, type Place, shift } from '../contract/state.ts';
import { aRow } from '../domain/a-row.ts';

async function makePlace(): Promise<Place> {
  // Every handle of the suite is the one state; only closing belongs to a handle.
  let shared: ReturnType<typeof memoryState> | null = null;
  return {
    open: async (clock) => {
      shared ??= memoryState(clock);
      return shared;
    },
    remove: async () => {},
  };
}

describeState('memory', makePlace);
describeRollouts('memory', makePlace);

it('begins with the rows that it is given', async () => {
  const row = aRow({ declared: 5, live: 7 });
  const state = memoryState({ now: () => 0 }, [row]);
  expect(await state.read()).toEqual([row]);
  expect((await state.change(shift(['order'], 8))).live).toEqual([{ ...row, live: 8 }]);
});
