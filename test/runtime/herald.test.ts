import { describe, expect, it, vi } from 'vitest';
import type { HistoryEntry } from '../../src/domain/live.ts';
import type { DomainEvent } from '../../src/ports.ts';
import { createHerald } from '../../src/runtime/herald.ts';

const entry = (at: number, to: number, from: number | null = 0): HistoryEntry => ({
  what: 'percent',
  at: new Date(at).toISOString(),
  route: 'order-read',
  from,
  to,
  source: 'shift',
  who: 'ada',
  reason: null,
});

function heraldOf(entries: HistoryEntry[]) {
  const told: number[] = [];
  const history = vi.fn(async ({ since = 0, limit }: { since?: number; limit: number }) =>
    entries
      .filter(({ at }) => Date.parse(at) >= since)
      .toReversed()
      .slice(0, limit),
  );
  const events = {
    emit: (event: DomainEvent) => void (event.type === 'route.shifted' && told.push(event.entry.to!)),
  };
  return { herald: createHerald({ history }, events, 1000), told, history };
}

/** Everything here resolves within a few turns of the microtask queue. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('the herald', () => {
  it('tells each entry once, oldest first, also those of one millisecond', async () => {
    const entries = [entry(2000, 1), entry(2000, 2)];
    const { herald, told } = heraldOf(entries);
    herald.tell();
    await settle();
    entries.push(entry(2000, 3), entry(3000, 4));
    herald.tell();
    await settle();
    herald.tell();
    await settle();
    expect(told).toEqual([1, 2, 3, 4]);
  });

  it('is silent about what happened before it was there, and about routes that are new', async () => {
    const { herald, told } = heraldOf([entry(500, 1), entry(2000, 2, null), entry(2000, 3)]);
    herald.tell();
    await settle();
    expect(told).toEqual([3]);
  });

  it('asks once more, not once each, when it is called while it asks', async () => {
    const { herald, history } = heraldOf([]);
    for (let call = 0; call < 50; call++) herald.tell();
    await settle();
    expect(history).toHaveBeenCalledTimes(2);
  });

  it('survives a state that does not answer, and tells the entries later', async () => {
    const { herald, told, history } = heraldOf([entry(2000, 1)]);
    history.mockRejectedValueOnce(new Error('gone'));
    herald.tell();
    await settle();
    herald.tell();
    await settle();
    expect(told).toEqual([1]);
  });
});
