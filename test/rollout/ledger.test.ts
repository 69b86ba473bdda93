import { describe, expect, it } from 'vitest';
import type { ArmCount } from '../../src/domain/rollout/arm-counts.ts';
import { ChapterLedger } from '../../src/rollout/ledger.ts';

const count = (route: string, arm: 'service' | 'legacy', requests: number): ArmCount => ({
  route,
  arm,
  requests,
  failures: 1,
  latency: [7, requests],
});

describe('the ledger of chapters', () => {
  it('adds up what workers tell, by the chapter in which it was told, and gives it once', () => {
    const ledger = new ChapterLedger();
    const chapterOf = (chapter: string) => (route: string) => (route === 'order' ? chapter : null);
    ledger.add(
      [count('order', 'service', 2), count('order', 'legacy', 9), count('other', 'legacy', 5)],
      chapterOf('a'),
    );
    ledger.add([count('order', 'service', 3)], chapterOf('a'));
    ledger.add([count('order', 'service', 4)], chapterOf('b'));
    expect(ledger.take()).toEqual([
      { chapter: 'a', route: 'order', arm: 'service', requests: 5, failures: 2, latency: [7, 5] },
      { chapter: 'a', route: 'order', arm: 'legacy', requests: 9, failures: 1, latency: [7, 9] },
      { chapter: 'b', route: 'order', arm: 'service', requests: 4, failures: 1, latency: [7, 4] },
    ]);
    expect(ledger.take()).toEqual([]);
  });
});
