import { describe, expect, it } from 'vitest';
import type { EvidenceBatch } from '../../src/domain/evidence.ts';
import type { DomainEvent } from '../../src/ports.ts';
import { createEvidenceKeeper } from '../../src/runtime/evidence-keeper.ts';

const batch: EvidenceBatch = { tallies: [], clusters: [] };

function stage() {
  const recorded: EvidenceBatch[] = [];
  const events: DomainEvent[] = [];
  let trouble: Error | null = null;
  let release: (() => void) | null = null;
  const keeper = createEvidenceKeeper(
    {
      async record(given) {
        if (release !== null) await new Promise<void>((resolve) => (release = resolve));
        if (trouble !== null) throw trouble;
        recorded.push(given);
      },
    },
    { emit: (event) => void events.push(event) },
  );
  return {
    keeper,
    recorded,
    events,
    fail: (error: Error | null) => {
      trouble = error;
    },
    hold: () => {
      release = () => undefined;
    },
    letGo: () => {
      const waiting = release;
      release = null;
      waiting?.();
    },
  };
}

describe('the evidence keeper', () => {
  it('records every batch, in the order in which they came', async () => {
    const { keeper, recorded } = stage();
    const batches = [1, 2, 3].map((lost) => ({ ...batch, lost }));
    for (const each of batches) keeper.keep(each);
    await keeper.settled(10_000);
    expect(recorded).toEqual(batches);
    expect(keeper.lost).toBe(0);
  });

  it('says once that evidence is lost, and once that it is kept again', async () => {
    const { keeper, events, fail } = stage();
    fail(new Error('the disk is full'));
    for (let i = 0; i < 5; i++) keeper.keep(batch);
    await keeper.settled(10_000);
    fail(null);
    keeper.keep(batch);
    keeper.keep(batch);
    await keeper.settled(10_000);
    expect(keeper.lost).toBe(5);
    expect(events).toEqual([
      { type: 'evidence.lost', batches: 1, error: 'the disk is full' },
      { type: 'evidence.recovered' },
    ]);
  });

  it('writes down how many were lost with the first batch that can be kept again', async () => {
    const { keeper, recorded, fail } = stage();
    fail(new Error('locked'));
    keeper.keep(batch);
    keeper.keep(batch);
    await keeper.settled(10_000);
    fail(null);
    keeper.keep(batch);
    keeper.keep(batch);
    await keeper.settled(10_000);
    expect(recorded.map(({ lost }) => lost)).toEqual([2, undefined]);
  });

  it('holds only so many for a state that does not answer, and counts the rest', async () => {
    const { keeper, recorded, hold, letGo } = stage();
    hold();
    for (let i = 0; i < 100; i++) keeper.keep(batch);
    expect(keeper.lost).toBe(69);
    letGo();
    await keeper.settled(10_000);
    expect(recorded).toHaveLength(31);
  });

  it('does not hold up a stop for a state that does not answer', async () => {
    const { keeper, recorded, hold } = stage();
    hold();
    keeper.keep(batch);
    await keeper.settled(20);
    expect(recorded).toEqual([]);
  });
});
