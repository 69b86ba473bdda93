import { describe, expect, it } from 'vitest';
import { busFigures } from '../../src/runtime/bus-figures.ts';

describe('what a scrape asks of the bus', () => {
  it('is how far its groups are', async () => {
    const groups = [{ group: 'mails', lag: 3, deadLetters: 1 }];
    expect(await busFigures({ groups: async () => groups })).toEqual({ up: true, groups });
  });

  it('is not waited for when it hangs, and fails nothing when it fails', async () => {
    const down = { up: false, groups: [] };
    expect(await busFigures({ groups: () => new Promise(() => {}) }, 10)).toEqual(down);
    expect(await busFigures({ groups: () => Promise.reject(new Error('away')) })).toEqual(down);
  });
});
