import { parseRegex, RegexError, type RegexNode } from './linear-regex-syntax.ts';

/**
 * A regular expression that answers in time linear in the text, whatever the text: an automaton that is in all
 * of its states at once, never one that goes back. Always anchored at both ends. A caller chooses the text, so
 * JavaScript's own RegExp with its backtracking would let a caller choose the proxy's CPU time too.
 */
export interface LinearRegex {
  readonly source: string;
  /** Whether the whole of `text` from `from` up to `to` matches. */
  test(text: string, from: number, to: number): boolean;
}

/** Throws {@link RegexError}. */
export function compileRegex(source: string): LinearRegex {
  return new Automaton(source, parseRegex(source));
}

/** One place in the expression. `set` is null for a fork, which is passed without reading a character. */
interface Place {
  readonly set: Uint8Array | null;
  readonly next: number[];
}

/** A set of places that the automaton can be in at once, with the sets that each character leads to. */
interface Stand {
  readonly places: readonly number[];
  readonly accepts: boolean;
  readonly after: (Stand | null)[];
}

const ALPHABET = 0x80;
const ACCEPT = 0;
/** Beyond this the remembered stands are forgotten and built anew: memory stays bounded, time stays linear. */
const REMEMBERED_STANDS = 500;
/** Bounds what nested counts such as `(a{99}){99}` unfold to, and with it the time that one character costs. */
const MOST_PLACES = 2_000;

class Automaton implements LinearRegex {
  readonly source: string;
  readonly #places: Place[] = [{ set: null, next: [] }];
  readonly #start: number;
  #first: Stand | null = null;
  readonly #stands = new Map<string, Stand>();

  constructor(source: string, expression: RegexNode) {
    this.source = source;
    this.#start = this.#build(expression, ACCEPT);
  }

  test(text: string, from: number, to: number): boolean {
    let stand = this.#first ?? this.#begin();
    for (let i = from; i < to; i++) {
      const code = text.charCodeAt(i);
      if (code >= ALPHABET) return false;
      stand = stand.after[code] ?? this.#step(stand, code);
      if (stand.places.length === 0) return false;
    }
    return stand.accepts;
  }

  /** Adds the places of `node`, which go on to `next`; returns where it begins. */
  #build(node: RegexNode, next: number): number {
    switch (node.kind) {
      case 'set':
        return this.#place(node.set, [next]);
      case 'sequence':
        return node.nodes.reduceRight((following, part) => this.#build(part, following), next);
      case 'choice':
        return this.#place(
          null,
          node.nodes.map((option) => this.#build(option, next)),
        );
      case 'repeat':
        return this.#repeat(node.node, node.min, node.max, next);
    }
  }

  #repeat(node: RegexNode, min: number, max: number, next: number): number {
    let entry = next;
    if (max === Number.POSITIVE_INFINITY) {
      entry = this.#place(null, [next]);
      this.#places[entry]!.next.push(this.#build(node, entry));
    } else {
      for (let i = min; i < max; i++) entry = this.#place(null, [next, this.#build(node, entry)]);
    }
    for (let i = 0; i < min; i++) entry = this.#build(node, entry);
    return entry;
  }

  #place(set: Uint8Array | null, next: number[]): number {
    if (this.#places.length >= MOST_PLACES) throw new RegexError('the expression unfolds to too many places', 0);
    return this.#places.push({ set, next }) - 1;
  }

  #step(stand: Stand, code: number): Stand {
    const reached: number[] = [];
    for (const id of stand.places) {
      const place = this.#places[id]!;
      if (place.set !== null && place.set[code] === 1) reached.push(place.next[0]!);
    }
    const after = this.#stand(reached);
    stand.after[code] = after;
    return after;
  }

  #begin(): Stand {
    this.#first = this.#stand([this.#start]);
    return this.#first;
  }

  /** The stand that holds `from` and everything that forks lead to from there. */
  #stand(from: readonly number[]): Stand {
    const places = this.#throughForks(from);
    const key = places.join();
    const known = this.#stands.get(key);
    if (known !== undefined) return known;
    if (this.#stands.size >= REMEMBERED_STANDS) {
      this.#stands.clear();
      this.#first = null;
    }
    const stand: Stand = { places, accepts: places.includes(ACCEPT), after: new Array<null>(ALPHABET).fill(null) };
    this.#stands.set(key, stand);
    return stand;
  }

  #throughForks(from: readonly number[]): number[] {
    const seen = new Set<number>();
    const waiting = [...from];
    for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
      if (seen.has(id)) continue;
      seen.add(id);
      const place = this.#places[id]!;
      if (place.set === null) waiting.push(...place.next);
    }
    return [...seen].filter((id) => id === ACCEPT || this.#places[id]!.set !== null).sort((a, b) => a - b);
  }
}
