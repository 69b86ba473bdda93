/** One rollout from its start to its end, by the same decisions as a real one. */
import { chapterOf } from '../chapter.ts';
import { decide, next } from '../decide.ts';
import type { Rollout, RolloutSettings } from '../model.ts';
import type { Random } from './random.ts';
import { sampleHits } from './sample.ts';
import { type Arm, draw, emptyArm, type Spread, spreadOf, type Traffic, wholeNumber } from './traffic.ts';

export interface Plan {
  readonly settings: RolloutSettings;
  readonly traffic: Traffic;
  /** Milliseconds after which a run that has not ended is left waiting. */
  readonly limit: number;
}

export interface Run {
  readonly end: 'complete' | 'failed' | 'waiting';
  /** Milliseconds from the start to the end. */
  readonly after: number;
  /** When each step began: the first at 0. */
  readonly steps: readonly number[];
  /** Why, where it failed. */
  readonly reason: string | null;
}

/** A step that asks for approval gets it at once. Prometheus is not asked. */
export function runner({ settings, traffic, limit }: Plan): (random: Random) => Run {
  const { gates } = settings;
  const service = spreadOf(traffic.slowness, gates.p99);
  const legacy = spreadOf(1, gates.p99);
  const asked = { ...settings, gates: { ...gates, prometheus: [] } };
  return (random) => run({ settings: asked, traffic, limit }, { service, legacy }, random);
}

function run(
  { settings, traffic, limit }: Plan,
  spreads: { readonly service: Spread; readonly legacy: Spread },
  random: Random,
): Run {
  let rollout = started(settings);
  let now = 0;
  const steps = [0];
  let service = emptyArm();
  let legacy = emptyArm();
  let legacyBefore: Arm | null = null;
  let comparisons = { judged: 0, matched: 0 };
  while (now < limit) {
    const { percent, hold } = settings.steps[rollout.step]!;
    const pause = untilNextLook(rollout.held, hold);
    now += pause;
    rollout = { ...rollout, held: rollout.held + pause };
    const requests = wholeNumber((traffic.rps * pause) / 1000, random);
    const ofService = sampleHits(requests, percent / 100, random);
    draw(service, ofService, traffic.serviceErrors, spreads.service, random);
    draw(legacy, requests - ofService, traffic.legacyErrors, spreads.legacy, random);
    const compared = sampleHits(requests, traffic.compared, random);
    comparisons = {
      judged: comparisons.judged + compared,
      matched: comparisons.matched + compared - sampleHits(compared, traffic.mismatches, random),
    };
    const decision = decide(rollout, {
      routes: [{ evidence: { route: rollout.name, service, legacy }, legacyBefore, comparisons }],
      readings: [],
    });
    if (decision.kind === 'complete') return { end: 'complete', after: now, steps, reason: null };
    if (decision.kind === 'fail') return { end: 'failed', after: now, steps, reason: decision.sentence };
    if (decision.kind === 'wait') continue;
    rollout = next(rollout, { ...decision, kind: 'advance', step: rollout.step + 1 }, now);
    steps.push(now);
    if (percent < 100) legacyBefore = legacy;
    service = emptyArm();
    legacy = emptyArm();
    comparisons = { judged: 0, matched: 0 };
  }
  return { end: 'waiting', after: now, steps, reason: null };
}

/** Ten looks within a hold; after it, as often as the evidence has grown enough to say something new. */
function untilNextLook(held: number, hold: number): number {
  return Math.max(1000, Math.ceil(hold / 10), held < hold ? 0 : Math.ceil(held / 20));
}

function started(settings: RolloutSettings): Rollout {
  const beginning = { startedAt: 0, step: 0, version: 1 };
  return {
    ...beginning,
    name: 'simulated',
    routes: ['simulated'],
    settings,
    standing: { phase: 'holding' },
    held: 0,
    chapter: chapterOf(beginning),
    changedAt: 0,
  };
}
