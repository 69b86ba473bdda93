import { getOrAdd } from '../domain/get-or-add.ts';
import { addToArm, type ChapterCount, type ChapterEvidence, emptyChapter } from '../domain/rollout/arm-counts.ts';
import type { ArmsQuery } from '../ports.ts';

interface Kept {
  evidence: ChapterEvidence;
  /** ms since the epoch. */
  recorded: number;
}

/** What arms did in chapters, in memory. */
export class MemoryArms {
  readonly #kept = new Map<string, Kept>();

  add(counts: readonly ChapterCount[], now: number): void {
    for (const count of counts) {
      const { chapter, route, arm } = count;
      const key = JSON.stringify([chapter, route]);
      const kept = getOrAdd(this.#kept, key, () => ({ evidence: emptyChapter(chapter, route), recorded: now }));
      kept.evidence = { ...kept.evidence, [arm]: addToArm(kept.evidence[arm], count) };
      kept.recorded = now;
    }
  }

  of(query: ArmsQuery, from: number): readonly ChapterEvidence[] {
    const isAsked = ({ chapter }: ChapterEvidence): boolean =>
      'chapters' in query ? query.chapters.includes(chapter) : chapter.startsWith(query.beginning);
    return [...this.#kept.values()]
      .filter(({ evidence, recorded }) => recorded > from && isAsked(evidence))
      .map(({ evidence }) => evidence);
  }

  forget(oldest: number): void {
    for (const [key, { recorded }] of this.#kept) if (recorded <= oldest) this.#kept.delete(key);
  }
}
