/** What many runs of one plan have in common. */
import type { RolloutSettings } from '../model.ts';
import { seeded } from './random.ts';
import { type Plan, type Run, runner } from './run.ts';

export interface Simulation {
  readonly runs: number;
  readonly ends: Readonly<Record<Run['end'], End>>;
  readonly steps: readonly StepSummary[];
  /** The run in the middle of those that ended as most did. */
  readonly typical: Run;
}

export interface End {
  readonly count: number;
  /** Milliseconds after which a tenth, half and nine tenths of these runs had ended; `null` where there are none. */
  readonly after: Times | null;
}

export interface Times {
  readonly p10: number;
  readonly p50: number;
  readonly p90: number;
}

export interface StepSummary {
  readonly percent: number;
  /** Runs that came to this step, and what became of them there. */
  readonly reached: number;
  readonly passed: number;
  readonly failed: number;
  readonly waiting: number;
  /** Milliseconds on this step, of the runs that passed it. */
  readonly stay: Times | null;
}

export interface Repetition {
  readonly runs: number;
  readonly seed: number;
  /** Called after each run with how many are done. */
  readonly onRun?: (done: number) => void;
}

export function simulate(plan: Plan, { runs, seed, onRun }: Repetition): Simulation {
  const once = runner(plan);
  const random = seeded(seed);
  const done: Run[] = [];
  while (done.length < runs) {
    done.push(once(random));
    onRun?.(done.length);
  }
  return summarize(done, plan.settings);
}

function summarize(runs: readonly Run[], { steps }: RolloutSettings): Simulation {
  const ended = (end: Run['end']): Run[] => runs.filter((run) => run.end === end).sort((a, b) => a.after - b.after);
  const by = { complete: ended('complete'), failed: ended('failed'), waiting: ended('waiting') };
  const endOf = (of: readonly Run[]): End => ({ count: of.length, after: timesOf(of.map(({ after }) => after)) });
  const most = Object.values(by).reduce((largest, of) => (of.length > largest.length ? of : largest));
  return {
    runs: runs.length,
    ends: { complete: endOf(by.complete), failed: endOf(by.failed), waiting: endOf(by.waiting) },
    steps: steps.map(({ percent }, step) => stepSummary(percent, step, runs)),
    typical: most[Math.floor((most.length - 1) / 2)]!,
  };
}

function stepSummary(percent: number, step: number, runs: readonly Run[]): StepSummary {
  const reached = runs.filter((run) => run.steps.length > step);
  const last = reached.filter((run) => run.steps.length === step + 1);
  const stays = reached.flatMap((run) => {
    const left = run.steps[step + 1] ?? (run.end === 'complete' ? run.after : null);
    return left === null ? [] : [left - run.steps[step]!];
  });
  return {
    percent,
    reached: reached.length,
    passed: stays.length,
    failed: last.filter(({ end }) => end === 'failed').length,
    waiting: last.filter(({ end }) => end === 'waiting').length,
    stay: timesOf(stays.sort((a, b) => a - b)),
  };
}

/** @param sorted rising. */
function timesOf(sorted: readonly number[]): Times | null {
  if (sorted.length === 0) return null;
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!;
  return { p10: at(0.1), p50: at(0.5), p90: at(0.9) };
}
