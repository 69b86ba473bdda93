/**
 * The part of JavaScript's regular expressions that an automaton without memory can decide: literals, `.`,
 * classes, `\d \w \s` and their opposites, groups, `|`, and `? * + {n} {n,} {n,m}`. The rest — look-around,
 * back references, anchors, lazy or possessive quantifiers, named groups — is refused by name.
 */
export type RegexNode =
  | { readonly kind: 'set'; readonly set: Uint8Array }
  | { readonly kind: 'sequence'; readonly nodes: readonly RegexNode[] }
  | { readonly kind: 'choice'; readonly nodes: readonly RegexNode[] }
  | { readonly kind: 'repeat'; readonly node: RegexNode; readonly min: number; readonly max: number };

export class RegexError extends Error {
  override readonly name = 'RegexError';
  /** Where in the expression, counted from 0. */
  readonly index: number;

  constructor(message: string, index: number) {
    super(message);
    this.index = index;
  }
}

export function parseRegex(source: string): RegexNode {
  return new Parser(source).parse();
}

const MOST_REPEATS = 1_000;
const DEEPEST_NESTING = 50;

class Parser {
  readonly #source: string;
  #at = 0;
  #depth = 0;

  constructor(source: string) {
    this.#source = source;
  }

  parse(): RegexNode {
    if (this.#source === '') throw this.#error('an empty expression matches nothing');
    const node = this.#choice();
    if (this.#at < this.#source.length) throw this.#error("')' without '('");
    return node;
  }

  #choice(): RegexNode {
    const options = [this.#sequence()];
    while (this.#take('|')) options.push(this.#sequence());
    return options.length === 1 ? options[0]! : { kind: 'choice', nodes: options };
  }

  #sequence(): RegexNode {
    const nodes: RegexNode[] = [];
    while (this.#at < this.#source.length && !this.#sees('|') && !this.#sees(')')) nodes.push(this.#quantified());
    return nodes.length === 1 ? nodes[0]! : { kind: 'sequence', nodes };
  }

  #quantified(): RegexNode {
    const node = this.#atom();
    const bounds = this.#bounds();
    if (bounds === null) return node;
    if (this.#sees('?') || this.#sees('+')) throw this.#error('lazy and possessive quantifiers are not supported');
    if (this.#sees('*') || this.#sees('{')) throw this.#error('nothing to repeat');
    return { kind: 'repeat', node, ...bounds };
  }

  #bounds(): { readonly min: number; readonly max: number } | null {
    if (this.#take('?')) return { min: 0, max: 1 };
    if (this.#take('*')) return { min: 0, max: Number.POSITIVE_INFINITY };
    if (this.#take('+')) return { min: 1, max: Number.POSITIVE_INFINITY };
    if (!this.#sees('{')) return null;
    const written = /^\{(\d+)(?:(,)(\d*))?\}/.exec(this.#source.slice(this.#at));
    if (written === null) throw this.#error("a count is written {n}, {n,} or {n,m}; a plain brace is '\\{'");
    const min = Number(written[1]);
    const max = written[2] === undefined ? min : written[3] === '' ? Number.POSITIVE_INFINITY : Number(written[3]);
    if (min > max) throw this.#error('the bounds of the count are out of order');
    if (min > MOST_REPEATS || (max !== Number.POSITIVE_INFINITY && max > MOST_REPEATS)) {
      throw this.#error(`a count is at most ${MOST_REPEATS}`);
    }
    this.#at += written[0].length;
    return { min, max };
  }

  #atom(): RegexNode {
    const character = this.#source[this.#at]!;
    switch (character) {
      case '(':
        return this.#group();
      case '[':
        return { kind: 'set', set: this.#characterClass() };
      case '\\':
        return { kind: 'set', set: this.#escape() };
      case '.':
        this.#at++;
        return { kind: 'set', set: inverse(setOf('\n\r')) };
      case '^':
      case '$':
        throw this.#error(`'${character}' is not supported: an expression always matches the whole text`);
      case '?':
      case '*':
      case '+':
      case '{':
        throw this.#error('nothing to repeat');
      case '}':
      case ']':
        throw this.#error(`a plain '${character}' is written '\\${character}'`);
    }
    return { kind: 'set', set: this.#literal() };
  }

  #group(): RegexNode {
    if (++this.#depth > DEEPEST_NESTING) throw this.#error('groups are nested too deeply');
    const start = this.#at++;
    if (this.#take('?') && !this.#take(':')) {
      this.#at = start;
      throw this.#error('look-around, named groups and flags are not supported');
    }
    const node = this.#choice();
    if (!this.#take(')')) {
      this.#at = start;
      throw this.#error("'(' without ')'");
    }
    this.#depth--;
    return node;
  }

  #characterClass(): Uint8Array {
    const start = this.#at++;
    const negated = this.#take('^');
    const set = setOf('');
    if (this.#sees(']')) throw this.#error('an empty class matches nothing');
    while (!this.#take(']')) {
      if (this.#at >= this.#source.length) {
        this.#at = start;
        throw this.#error("'[' without ']'");
      }
      this.#classItem(set);
    }
    return negated ? inverse(set) : set;
  }

  #classItem(set: Uint8Array): void {
    const first = this.#classMember();
    const isRange = this.#sees('-') && this.#at + 1 < this.#source.length && this.#source[this.#at + 1] !== ']';
    if (!isRange) {
      add(set, first);
      return;
    }
    const start = this.#at++;
    const last = this.#classMember();
    const from = onlyMember(first);
    const to = onlyMember(last);
    if (from === -1 || to === -1 || from > to) {
      this.#at = start;
      throw this.#error('a range goes from one character to a later one');
    }
    for (let code = from; code <= to; code++) set[code] = 1;
  }

  #classMember(): Uint8Array {
    return this.#sees('\\') ? this.#escape() : this.#literal();
  }

  #escape(): Uint8Array {
    const character = this.#source[this.#at + 1];
    if (character === undefined) throw this.#error("'\\' at the end escapes nothing");
    const named = namedSets[character];
    if (named === undefined && /[a-z0-9]/i.test(character)) throw this.#error(`'\\${character}' is not supported`);
    this.#at++;
    if (named === undefined) return this.#literal();
    this.#at++;
    return named;
  }

  #literal(): Uint8Array {
    const character = this.#source[this.#at]!;
    if (character.charCodeAt(0) >= ALPHABET) {
      throw this.#error('a path is matched in its encoded form: write non-ASCII characters as %XX');
    }
    this.#at++;
    return setOf(character);
  }

  #sees(character: string): boolean {
    return this.#source[this.#at] === character;
  }

  #take(character: string): boolean {
    const taken = this.#sees(character);
    if (taken) this.#at++;
    return taken;
  }

  #error(message: string): RegexError {
    return new RegexError(message, this.#at);
  }
}

const ALPHABET = 0x80;

function setOf(characters: string): Uint8Array {
  const set = new Uint8Array(ALPHABET);
  for (let i = 0; i < characters.length; i++) set[characters.charCodeAt(i)] = 1;
  return set;
}

function inverse(set: Uint8Array): Uint8Array {
  return set.map((member) => 1 - member);
}

function add(set: Uint8Array, more: Uint8Array): void {
  for (let code = 0; code < ALPHABET; code++) set[code] = set[code]! | more[code]!;
}

/** The code of the one character in the set, or -1 where there are several. */
function onlyMember(set: Uint8Array): number {
  const first = set.indexOf(1);
  return set.indexOf(1, first + 1) === -1 ? first : -1;
}

const digits = setOf('0123456789');
const word = setOf('0123456789_abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ');
const space = setOf(' \t\n\v\f\r');
const namedSets: Readonly<Record<string, Uint8Array>> = Object.assign(Object.create(null), {
  d: digits,
  D: inverse(digits),
  w: word,
  W: inverse(word),
  s: space,
  S: inverse(space),
});
