import { getOrAdd } from './get-or-add.ts';
import type { Probe } from './probe.ts';
import type { Match } from './settings.ts';
import { asWireText } from './wire-text.ts';

/** No route. */
export const NONE = 0x3fff_ffff;
/** The value of a condition that only asks for a name to be there. */
const PRESENT = '*';
/** Longer than any DNS name. Bounds what looking for wildcards in a caller's Host can cost. */
const LONGEST_HOST = 253;

/**
 * Finds the first of the routes that share a path, by method, host, headers and query: a tree in which every
 * condition is one step down by hash, so that a thousand routes told apart by a tenant's header cost no more
 * than two. A match stands at the node that its last condition leads to.
 */
export class Conditions {
  /** The first ordinal in here. */
  lowest = NONE;
  readonly #anyMethod = new ConditionNode();
  readonly #byMethod = new Map<string, ConditionNode>();

  add(match: Match, ordinal: number): void {
    if (ordinal < this.lowest) this.lowest = ordinal;
    if (match.methods === null) {
      this.#anyMethod.add(match, ordinal);
      return;
    }
    const methods = new Set(match.methods);
    if (methods.has('GET')) methods.add('HEAD');
    for (const method of methods) {
      getOrAdd(this.#byMethod, method, newNode).add(match, ordinal);
    }
  }

  /** The lowest ordinal that holds, or `best` when none below it does. */
  first(probe: Probe, best: number): number {
    let found = this.#anyMethod.first(probe, best);
    if (this.#byMethod.size === 0) return found;
    const named = this.#byMethod.get(probe.method);
    if (named !== undefined) found = named.first(probe, found);
    if (probe.askedMethod === null) return found;
    const asked = this.#byMethod.get(probe.askedMethod);
    return asked === undefined ? found : asked.first(probe, found);
  }
}

const newNode = (): ConditionNode => new ConditionNode();

/** Where the values of one header or query name lead. */
type ByValue = Map<string, ConditionNode>;

class ConditionNode {
  #lowest = NONE;
  #ends = NONE;
  #lastProbe = 0;
  #hosts: ByValue | null = null;
  /** By what follows the `*`: `.example.com`. */
  #wildcards: ByValue | null = null;
  #headers: Map<string, ByValue> | null = null;
  /** One bit for each length of name in `#headers`, modulo 32: most lines of a request are passed over by it. */
  #headerLengths = 0;
  #query: Map<string, ByValue> | null = null;

  add(match: Match, ordinal: number): void {
    let node: ConditionNode = this;
    node.#reach(ordinal);
    if (match.host !== null) {
      node = node.#towardsHost(match.host);
      node.#reach(ordinal);
    }
    for (const [name, value] of inOrder(match.headers)) {
      node.#headerLengths |= 1 << (name.length & 31);
      node.#headers ??= new Map();
      node = towards(node.#headers, name, value);
      node.#reach(ordinal);
    }
    for (const [name, value] of inOrder(match.query)) {
      node.#query ??= new Map();
      node = towards(node.#query, name, value);
      node.#reach(ordinal);
    }
    if (ordinal < node.#ends) node.#ends = ordinal;
  }

  first(probe: Probe, best: number): number {
    // A caller may repeat a line a thousand times; without the mark each repetition would walk the subtree again.
    if (this.#lowest >= best || this.#lastProbe === probe.serial) return best;
    this.#lastProbe = probe.serial;
    let found = Math.min(this.#ends, best);
    if (this.#hosts !== null || this.#wildcards !== null) found = this.#firstByHost(probe, found);
    if (this.#headers !== null) found = this.#firstByHeader(probe, found);
    if (this.#query !== null) {
      const pairs = probe.query;
      for (let i = 0; i < pairs.length; i += 2) {
        const values = this.#query.get(pairs[i]!);
        if (values !== undefined) found = firstByValue(values, pairs[i + 1]!, probe, found);
      }
    }
    return found;
  }

  #firstByHost(probe: Probe, best: number): number {
    const host = probe.host;
    if (host === null || host.length > LONGEST_HOST) return best;
    const exact = this.#hosts?.get(host);
    let found = exact === undefined ? best : exact.first(probe, best);
    if (this.#wildcards === null) return found;
    for (let dot = host.indexOf('.', 1); dot !== -1; dot = host.indexOf('.', dot + 1)) {
      const node = this.#wildcards.get(host.slice(dot));
      if (node !== undefined) found = node.first(probe, found);
    }
    return found;
  }

  #firstByHeader(probe: Probe, best: number): number {
    const lines = probe.headers;
    let found = best;
    for (let i = 0; i < lines.length; i += 2) {
      const name = lines[i]!;
      if ((this.#headerLengths & (1 << (name.length & 31))) === 0) continue;
      const values = this.#headers!.get(name.toLowerCase());
      if (values !== undefined) found = firstByValue(values, lines[i + 1]!, probe, found);
    }
    return found;
  }

  #reach(ordinal: number): void {
    if (ordinal < this.#lowest) this.#lowest = ordinal;
  }

  #towardsHost(host: string): ConditionNode {
    if (host.startsWith('*.')) {
      this.#wildcards ??= new Map();
      return getOrAdd(this.#wildcards, host.slice(1), newNode);
    }
    this.#hosts ??= new Map();
    return getOrAdd(this.#hosts, host, newNode);
  }
}

function firstByValue(values: ByValue, value: string, probe: Probe, best: number): number {
  const present = values.get(PRESENT);
  const found = present === undefined ? best : present.first(probe, best);
  const exact = value === PRESENT ? undefined : values.get(value);
  return exact === undefined ? found : exact.first(probe, found);
}

function towards(names: Map<string, ByValue>, name: string, value: string): ConditionNode {
  const values = getOrAdd(names, asWireText(name), () => new Map<string, ConditionNode>());
  return getOrAdd(values, asWireText(value), newNode);
}

/** One order for all, so that the same conditions lead to the same node. */
function inOrder(conditions: Match['headers']): Match['headers'] {
  return conditions.toSorted(([a, av], [b, bv]) => (a < b || (a === b && av < bv) ? -1 : 1));
}
