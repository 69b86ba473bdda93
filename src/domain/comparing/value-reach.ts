import { rewrittenBy } from './normalization.ts';
import type { RuleWatch } from './rule-error.ts';
import type { RuleState } from './rule-states.ts';
import { deepest, numberText } from './same.ts';
import { stateOfIndex, stateOfKey } from './state-of.ts';
import { ARRAY, kindOf, NUMBER, nextOf, OBJECT, STRIDE, STRING, stringOf, type Tape } from './tape.ts';
import { type Reach, reachOfNumber, reachOfText } from './tolerance.ts';

const none: Reach = { at: 0, within: 0 };

/**
 * Where values lie among those that tolerances may call the same: of all that is tolerated within a value, the sum.
 * Two that are the same under the rules lie no farther apart than control's reach; the other way round it need not hold,
 * so a reach only ever says what is worth comparing. Each object and array is summed up once.
 */
export class ValueReaches {
  readonly #tape: Tape;
  readonly #watch: RuleWatch | undefined;
  readonly #known = new Map<number, Reach>();

  constructor(tape: Tape, watch: RuleWatch | undefined) {
    this.#tape = tape;
    this.#watch = watch;
  }

  of(node: number, state: RuleState, depth: number): Reach {
    if (!state.tolerant || state.ignored) return none;
    const tape = this.#tape;
    const kind = kindOf(tape, node);
    const { tolerance } = state;
    if (kind === NUMBER) return (tolerance && reachOfNumber(numberText(tape, node), tolerance)) ?? none;
    if (kind === STRING) {
      if (tolerance === null) return none;
      return reachOfText(rewrittenBy(state.rewritings, stringOf(tape, node), this.#watch), tolerance) ?? none;
    }
    if ((kind !== OBJECT && kind !== ARRAY) || depth >= deepest) return none;
    const known = this.#known.get(node);
    if (known !== undefined) return known;
    const sum = kind === OBJECT ? this.#object(node, state, depth + 1) : this.#array(node, state, depth + 1);
    this.#known.set(node, sum);
    return sum;
  }

  #object(node: number, state: RuleState, depth: number): Reach {
    const tape = this.#tape;
    const end = nextOf(tape, node);
    let sum = none;
    for (let key = node + STRIDE; key < end; key = nextOf(tape, key + STRIDE)) {
      sum = added(sum, this.of(key + STRIDE, stateOfKey(state, tape, key), depth));
    }
    return sum;
  }

  #array(node: number, state: RuleState, depth: number): Reach {
    const tape = this.#tape;
    const end = nextOf(tape, node);
    let sum = none;
    let index = 0;
    for (let element = node + STRIDE; element < end; element = nextOf(tape, element)) {
      sum = added(sum, this.of(element, stateOfIndex(state, index++), depth));
    }
    return sum;
  }
}

function added(one: Reach, other: Reach): Reach {
  if (other === none) return one;
  return { at: one.at + other.at, within: one.within + other.within };
}
