/**
 * Moves rollouts along: about once a second it looks at each that is under way, decides, and has the state make of it
 * what was decided. Any number of proxies that follow one state conduct together: of two that decide at the same time the
 * state takes one's word, and the other looks again.
 */
import type { Change, LiveRoute, Outcome } from '../domain/live.ts';
import { type Decision, decide, next } from '../domain/rollout/decide.ts';
import type { Rollout } from '../domain/rollout/model.ts';
import { isUnderWay, stepOf, stepText } from '../domain/rollout/position.ts';
import { StateError } from '../domain/state-error.ts';
import type { Clock, Evidence } from '../ports.ts';
import { HoldClock } from './hold-clock.ts';
import type { GateReader } from './prometheus.ts';
import { Sighting } from './sighting.ts';

/** ms of a hold after which the state is told, so that a crash costs no more of it. */
const storeEvery = 5_000;

/** ms for which a percent may differ from its step's: rows and rollouts may be told one after the other. */
const settlesWithin = 3_000;

/** Routes of a rollout that are looked at each second; one of more is looked at less often. */
const routesASecond = 100;

type RolloutChange = Extract<Change, { kind: 'rollout' }>;

interface ConductorParts {
  readonly clock: Clock;
  /** Milliseconds by a clock that only goes on. */
  readonly monotonic: () => number;
  readonly evidence: Pick<Evidence, 'arms' | 'read'>;
  readonly gates: Pick<GateReader, 'read' | 'keepOnly'>;
  /** What is in force, rows and rollouts of one moment. */
  readonly inForce: () => { readonly live: readonly LiveRoute[]; readonly rollouts: readonly Rollout[] };
  readonly change: (change: RolloutChange) => Promise<Outcome>;
  /** Takes routes to 0 at once, whether or not the state can be written. */
  readonly goBack: (routes: readonly string[], reason: string) => Promise<Outcome>;
  readonly who: string;
}

export class Conductor {
  readonly #parts: ConductorParts;
  readonly #holds = new HoldClock();
  readonly #sighting: Sighting;
  /** What was decided last of each that is under way, and why nothing could be. */
  readonly #decided = new Map<string, Decision | string>();
  readonly #lookedAt = new Map<string, number>();
  /** Since when a rollout's percent is not its step's. */
  readonly #astraySince = new Map<string, number>();
  #looking = false;

  constructor(parts: ConductorParts) {
    this.#parts = parts;
    this.#sighting = new Sighting(parts);
  }

  /** By the names of the rollouts under way: the last decision, or why there is none, in words. */
  get decided(): ReadonlyMap<string, Decision | string> {
    return this.#decided;
  }

  /** Never rejects: what can't be read or written now is looked at again the next time. */
  async look(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    try {
      const { live, rollouts } = this.#parts.inForce();
      const underWay = rollouts.filter(isUnderWay);
      this.#forgetAllBut(underWay);
      const rows = new Map(live.map((row) => [row.route, row]));
      for (const rollout of underWay) await this.#conduct(rollout, rows);
    } finally {
      this.#looking = false;
    }
  }

  async #conduct(rollout: Rollout, rows: ReadonlyMap<string, LiveRoute>): Promise<void> {
    const { name, routes, standing } = rollout;
    const now = this.#parts.monotonic();
    const elapsed = now - (this.#lookedAt.get(name) ?? now);
    const every = Math.max(1, Math.floor(routes.length / routesASecond));
    // A tenth early is in time: a timer of a second may be a little quick.
    if (this.#lookedAt.has(name) && every > 1 && elapsed < 900 * every) return;
    this.#lookedAt.set(name, now);

    const astray = standing.phase === 'paused' ? null : astrayOf(rollout, rows);
    const lasts = this.#astrayFor(name, astray !== null, now);
    const sight = await this.#sighting.of(rollout).catch((error: Error) => error);
    const counts = standing.phase === 'holding' && astray === null && !(sight instanceof Error);
    const lived = this.#holds.look(rollout, elapsed, { counts, every });
    if (lived === null) return;
    if (sight instanceof Error) {
      this.#decided.set(name, `nothing is decided while the evidence can't be read: ${sight.message}`);
      return;
    }
    if (astray !== null) {
      this.#decided.set(name, astray);
      if (lasts >= settlesWithin) await this.#become(rollout, paused(rollout, astray), astray);
      return;
    }
    const held = { ...rollout, held: Math.min(stepOf(rollout).hold, rollout.held + lived) };
    const decision = decide(held, sight);
    this.#decided.set(name, decision);
    if (decision.kind !== 'wait') await this.#obey(held, decision);
    else if (isToBeStored(rollout, held.held)) await this.#become(rollout, held, null);
  }

  async #obey(held: Rollout, decision: Decision): Promise<void> {
    const { sentence } = decision;
    try {
      await this.#change(held, next(held, decision, this.#parts.clock.now()), sentence);
    } catch (error) {
      // A full disk must not keep callers at a service that was just found to fail.
      const mustGoBack = decision.kind === 'fail' && decision.onFailure === 'rollback';
      const isFinal = error instanceof StateError && error.code === 'closed';
      if (mustGoBack && !isFinal) await this.#parts.goBack(held.routes, sentence).catch(() => undefined);
    }
  }

  /** Where it can't be written now it is tried again at the next look. */
  async #become(rollout: Rollout, to: Rollout, reason: string | null): Promise<void> {
    await this.#change(rollout, to, reason).catch(() => undefined);
  }

  async #change({ name, version }: Rollout, to: Rollout, reason: string | null): Promise<void> {
    const { who } = this.#parts;
    const { rollouts, refused } = await this.#parts.change({
      kind: 'rollout',
      name,
      version,
      to,
      source: 'rollout',
      who,
      reason,
    });
    const made = rollouts.find((rollout) => rollout.name === name);
    if (refused.length === 0 && made !== undefined) this.#holds.stored(made);
  }

  /** ms for which it has been so. */
  #astrayFor(name: string, isAstray: boolean, now: number): number {
    if (!isAstray) this.#astraySince.delete(name);
    else if (!this.#astraySince.has(name)) this.#astraySince.set(name, now);
    return now - (this.#astraySince.get(name) ?? now);
  }

  #forgetAllBut(underWay: readonly Rollout[]): void {
    const names = new Set(underWay.map(({ name }) => name));
    for (const memory of [this.#decided, this.#lookedAt, this.#astraySince]) {
      for (const name of memory.keys()) if (!names.has(name)) memory.delete(name);
    }
    this.#holds.forgetAllBut(names);
    this.#sighting.forgetAllBut(names);
    this.#parts.gates.keepOnly(underWay.flatMap(({ settings }) => settings.gates.prometheus));
  }
}

/** Why its callers are not where the step has them, in words; `null` where they are. */
function astrayOf(rollout: Rollout, rows: ReadonlyMap<string, LiveRoute>): string | null {
  for (const route of rollout.routes) {
    const row = rows.get(route);
    if (row === undefined) return `${route} is not in the state: nothing is decided without it`;
    if (row.live !== stepOf(rollout).percent) {
      return `${route} is at ${row.live} %, not on ${stepText(rollout)}: somebody has moved it by other means`;
    }
  }
  return null;
}

function paused(rollout: Rollout, reason: string): Rollout {
  return { ...rollout, standing: { phase: 'paused', who: 'rollout', reason } };
}

function isToBeStored(rollout: Rollout, held: number): boolean {
  const isOver = held >= stepOf(rollout).hold && rollout.held < held;
  return rollout.standing.phase === 'holding' && (held - rollout.held >= storeEvery || isOver);
}
