import type { Tolerance } from '../shadow.ts';
import type { Rewriting } from './normalization.ts';
import type { Step } from './step.ts';

/** What one rule does at the values that its place names. */
export type Effect =
  | { readonly does: 'ignore' }
  | { readonly does: 'tolerate'; readonly by: Tolerance }
  | { readonly does: 'unorder'; readonly key: string | null }
  | { readonly does: 'rewrite'; readonly by: Rewriting };

export interface PlacedEffect {
  readonly steps: readonly Step[];
  readonly effect: Effect;
}

/**
 * What the rules say of one value, and of what lies within it. All rules are read at once: a document's value is in
 * one state, however many rules there are, and most values are in the idle one.
 */
export interface RuleState {
  readonly ignored: boolean;
  readonly tolerance: Tolerance | null;
  readonly unordered: { readonly key: string | null } | null;
  readonly rewritings: readonly Rewriting[];
  /** No rule holds here or anywhere within. */
  readonly idle: boolean;
  /** Some tolerance holds here or within. */
  readonly tolerant: boolean;
  /** Where the keys lead that some rule names. */
  readonly named: readonly { readonly key: string; readonly bytes: Uint8Array; readonly state: RuleState }[];
  readonly otherKey: RuleState;
  readonly indexed: ReadonlyMap<number, RuleState>;
  readonly otherIndex: RuleState;
}

const encoder = new TextEncoder();

/** States are made when a document first reaches them; many `..` in many rules could make very many, so they are bounded. */
const mostStates = 2_000;

/** The state of a document's root. */
export function rootState(effects: readonly PlacedEffect[]): RuleState {
  const states = new States(effects);
  return states.at(effects.map((_, rule) => [rule, 0]));
}

/** How far each rule has come: `[rule, step]`. */
type Reached = readonly (readonly [rule: number, step: number])[];

class States {
  readonly #effects: readonly PlacedEffect[];
  readonly #known = new Map<string, RuleState>();

  constructor(effects: readonly PlacedEffect[]) {
    this.#effects = effects;
  }

  at(reached: Reached): RuleState {
    const positions = this.#closed(reached);
    const name = positions.map(([rule, step]) => `${rule}.${step}`).join(' ');
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    if (this.#known.size >= mostStates) this.#known.clear();
    const state = this.#make(positions);
    this.#known.set(name, state);
    return state;
  }

  /** A `..` is passed without a step too. */
  #closed(reached: Reached): Reached {
    const all = new Map<string, readonly [number, number]>();
    for (const [rule, from] of reached) {
      for (let step = from; ; step++) {
        all.set(`${rule}.${step}`, [rule, step]);
        if (this.#effects[rule]!.steps[step]?.kind !== 'deep') break;
      }
    }
    return [...all.values()].sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  }

  #make(positions: Reached): RuleState {
    const here = positions
      .filter(([rule, step]) => step === this.#effects[rule]!.steps.length)
      .map(([rule]) => this.#effects[rule]!);
    const extent = {
      idle: positions.length === 0,
      tolerant: positions.some(([rule]) => this.#effects[rule]!.effect.does === 'tolerate'),
    };
    return new LazyState(here, extent, () => this.#transitions(positions));
  }

  #transitions(positions: Reached): Transitions {
    const keys = new Set<string>();
    const indices = new Set<number>();
    for (const [rule, at] of positions) {
      const step = this.#effects[rule]!.steps[at];
      if (step?.kind === 'key') keys.add(step.key);
      if (step?.kind === 'index') indices.add(step.index);
    }
    return {
      named: [...keys].map((key) => ({
        key,
        bytes: encoder.encode(key),
        state: this.#after(positions, (step) => step.kind === 'any-key' || (step.kind === 'key' && step.key === key)),
      })),
      otherKey: this.#after(positions, (step) => step.kind === 'any-key'),
      indexed: new Map(
        [...indices].map((index) => [
          index,
          this.#after(
            positions,
            (step) => step.kind === 'any-index' || (step.kind === 'index' && step.index === index),
          ),
        ]),
      ),
      otherIndex: this.#after(positions, (step) => step.kind === 'any-index'),
    };
  }

  #after(positions: Reached, takes: (step: Step) => boolean): RuleState {
    const next: (readonly [number, number])[] = [];
    for (const [rule, at] of positions) {
      const step = this.#effects[rule]!.steps[at];
      if (step === undefined) continue;
      if (step.kind === 'deep') next.push([rule, at]);
      else if (takes(step)) next.push([rule, at + 1]);
    }
    return this.at(next);
  }
}

interface Transitions {
  readonly named: RuleState['named'];
  readonly otherKey: RuleState;
  readonly indexed: RuleState['indexed'];
  readonly otherIndex: RuleState;
}

class LazyState implements RuleState {
  readonly ignored: boolean;
  readonly tolerance: Tolerance | null;
  readonly unordered: { readonly key: string | null } | null;
  readonly rewritings: readonly Rewriting[];
  readonly idle: boolean;
  readonly tolerant: boolean;
  readonly #transitions: () => Transitions;
  #made: Transitions | null = null;

  constructor(
    here: readonly PlacedEffect[],
    { idle, tolerant }: Pick<RuleState, 'idle' | 'tolerant'>,
    transitions: () => Transitions,
  ) {
    const bySpecificity = [...here].sort((a, b) => specificity(a.steps) - specificity(b.steps));
    this.ignored = here.some(({ effect }) => effect.does === 'ignore');
    const tolerance = bySpecificity.findLast(({ effect }) => effect.does === 'tolerate')?.effect;
    this.tolerance = tolerance?.does === 'tolerate' ? tolerance.by : null;
    const unordered = bySpecificity.findLast(({ effect }) => effect.does === 'unorder')?.effect;
    this.unordered = unordered?.does === 'unorder' ? { key: unordered.key } : null;
    this.rewritings = here.flatMap(({ effect }) => (effect.does === 'rewrite' ? [effect.by] : []));
    this.idle = idle;
    this.tolerant = tolerant;
    this.#transitions = transitions;
  }

  get #next(): Transitions {
    this.#made ??= this.#transitions();
    return this.#made;
  }

  get named(): RuleState['named'] {
    return this.#next.named;
  }

  get otherKey(): RuleState {
    return this.#next.otherKey;
  }

  get indexed(): RuleState['indexed'] {
    return this.#next.indexed;
  }

  get otherIndex(): RuleState {
    return this.#next.otherIndex;
  }
}

/** More named steps first, then fewer `..`, then fewer wildcards; among equals the one written last wins. */
function specificity(steps: readonly Step[]): number {
  let value = 0;
  for (const { kind } of steps) {
    if (kind === 'key' || kind === 'index') value += 10_000;
    else value -= kind === 'deep' ? 100 : 1;
  }
  return value;
}
