import { getOrAdd } from '../domain/get-or-add.ts';
import { type ArmCount, addToArm, type ChapterCount, countOf, emptyArm } from '../domain/rollout/arm-counts.ts';
import type { ArmFigures } from '../domain/rollout/model.ts';

/**
 * Writes each count to the chapter that its route is in. Workers tell by themselves and the state is written to once
 * for all: in between the counts add up here.
 */
export class ChapterLedger {
  readonly #entries = new Map<
    string,
    { readonly of: Pick<ChapterCount, 'chapter' | 'route' | 'arm'>; sum: ArmFigures }
  >();

  /** @param chapterOf `null` for a route that is in no rollout: nobody will ask for its counts. */
  add(counts: readonly ArmCount[], chapterOf: (route: string) => string | null): void {
    for (const count of counts) {
      const { route, arm } = count;
      const chapter = chapterOf(route);
      if (chapter === null) continue;
      const key = JSON.stringify([chapter, route, arm]);
      const entry = getOrAdd(this.#entries, key, () => ({ of: { chapter, route, arm }, sum: emptyArm }));
      entry.sum = addToArm(entry.sum, count);
    }
  }

  /** What came since this was last called. */
  take(): readonly ChapterCount[] {
    const counts = [...this.#entries.values()].map(({ of, sum }) => ({
      chapter: of.chapter,
      ...countOf(of.route, of.arm, sum),
    }));
    this.#entries.clear();
    return counts;
  }
}
