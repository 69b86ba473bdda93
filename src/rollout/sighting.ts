/** What a conductor has to see of a rollout before it can decide. */
import { windowSpan } from '../domain/evidence.ts';
import { emptyArm, emptyChapter } from '../domain/rollout/arm-counts.ts';
import { together } from '../domain/rollout/arms.ts';
import { chaptersOn } from '../domain/rollout/chapter.ts';
import { comparisonsOf } from '../domain/rollout/comparisons.ts';
import type { RouteSight, Sight } from '../domain/rollout/decide.ts';
import type { ArmFigures, Rollout } from '../domain/rollout/model.ts';
import type { Clock, Evidence } from '../ports.ts';
import type { GateReader } from './prometheus.ts';

/** ms for which what takes long to read is not read again. */
const slowlyEvery = 5_000;

interface SightingParts {
  readonly evidence: Pick<Evidence, 'arms' | 'read'>;
  readonly gates: Pick<GateReader, 'read'>;
  readonly clock: Clock;
  readonly monotonic: () => number;
}

/** What is read seldom, of one chapter. */
interface Slow {
  readonly chapter: string;
  readonly startedAt: number;
  readonly step: number;
  /** ms since the epoch: the comparisons of windows that began before it don't count. */
  readonly since: number;
  readonly readAt: number;
  readonly comparisons: ReadonlyMap<string, RouteSight['comparisons']>;
  readonly legacyBefore: ReadonlyMap<string, ArmFigures>;
}

/**
 * Comparisons are counted by the minute. The minute in which a rollout begins does not count: a moment before it the
 * service may have been another one, that was mended since. That in which it took a step does, as its service is the same.
 */
function beginOf({ startedAt, step, changedAt }: Rollout, before: Slow | undefined): number {
  const isNextStep = before !== undefined && before.startedAt === startedAt && before.step < step;
  return isNextStep ? changedAt - (changedAt % windowSpan) : changedAt;
}

const none: RouteSight['comparisons'] = { judged: 0, matched: 0 };

export class Sighting {
  readonly #parts: SightingParts;
  readonly #slow = new Map<string, Slow>();

  constructor(parts: SightingParts) {
    this.#parts = parts;
  }

  /** Rejects while the evidence can't be read. */
  async of(rollout: Rollout): Promise<Sight> {
    const { chapter, routes, settings } = rollout;
    const readings = this.#parts.gates.read(settings.gates.prometheus);
    const [found, slow] = await Promise.all([
      this.#parts.evidence.arms({ chapters: [chapter] }),
      this.#slowly(rollout),
    ]);
    const byRoute = new Map(found.map((each) => [each.route, each]));
    return {
      readings,
      routes: routes.map((route) => ({
        evidence: byRoute.get(route) ?? emptyChapter(chapter, route),
        legacyBefore: slow.legacyBefore.get(route) ?? null,
        comparisons: slow.comparisons.get(route) ?? none,
      })),
    };
  }

  forgetAllBut(names: ReadonlySet<string>): void {
    for (const name of this.#slow.keys()) if (!names.has(name)) this.#slow.delete(name);
  }

  async #slowly(rollout: Rollout): Promise<Slow> {
    const { name, chapter, startedAt, step } = rollout;
    const there = this.#slow.get(name);
    const isSame = there?.chapter === chapter;
    const now = this.#parts.monotonic();
    if (isSame && now - there.readAt < slowlyEvery) return there;
    // A pause is a change, and begins no chapter: what was compared before it still counts.
    const since = isSame ? there.since : beginOf(rollout, there);
    const slow: Slow = {
      chapter,
      startedAt,
      step,
      since,
      readAt: now,
      comparisons: await this.#comparisons(rollout, since),
      legacyBefore: await this.#legacyBefore(rollout),
    };
    this.#slow.set(name, slow);
    return slow;
  }

  async #comparisons({ routes, settings }: Rollout, since: number): Promise<Slow['comparisons']> {
    if (settings.gates.match === null) return new Map();
    const evidence = await this.#parts.evidence.read({ routes, since, withoutExamples: true });
    return comparisonsOf(evidence, since, this.#parts.clock.now());
  }

  /** At 100 nobody is in legacy's arm: what it did on the last step that had one stands for it, route by route. */
  async #legacyBefore(rollout: Rollout): Promise<Slow['legacyBefore']> {
    const { routes, settings, step } = rollout;
    const before = new Map<string, ArmFigures>();
    if (settings.steps[step]!.percent !== 100) return before;
    for (let earlier = step - 1; earlier >= 0 && before.size < routes.length; earlier--) {
      const found = await this.#parts.evidence.arms({ beginning: chaptersOn(rollout, earlier) });
      const onStep = new Map<string, ArmFigures>();
      for (const { route, legacy } of found) {
        if (legacy.requests > 0) onStep.set(route, together([onStep.get(route) ?? emptyArm, legacy]));
      }
      for (const [route, legacy] of onStep) if (!before.has(route)) before.set(route, legacy);
    }
    return before;
  }
}
