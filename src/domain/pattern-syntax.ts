import { compileRegex, type LinearRegex } from './linear-regex.ts';
import { RegexError } from './linear-regex-syntax.ts';
import { canonicalText } from './path.ts';
import { type Parameter, type Pattern, REST, type Segment } from './pattern.ts';
import { asWireText } from './wire-text.ts';

export class PatternError extends Error {
  override readonly name = 'PatternError';
  /** Where in the pattern, counted from 0. */
  readonly index: number;

  constructor(message: string, index: number) {
    super(message);
    this.index = index;
  }
}

/** Reads a pattern as {@link Pattern} describes it; throws {@link PatternError}. */
export function parsePattern(text: string): Pattern {
  return new Reader(text).pattern();
}

class Reader {
  readonly #text: string;
  readonly #names: string[] = [];
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  pattern(): Pattern {
    if (this.#text[0] !== '/') throw new PatternError("a path begins with '/'", 0);
    const segments: Segment[] = [];
    while (this.#at < this.#text.length) {
      this.#at++;
      if (this.#text.slice(this.#at) === REST) return this.#finish(segments, true);
      segments.push(this.#segment());
    }
    return this.#finish(segments, false);
  }

  #finish(segments: readonly Segment[], rest: boolean): Pattern {
    const names = rest ? [...this.#names, REST] : this.#names;
    return { text: this.#text, segments, rest, names };
  }

  /** Reads up to the next slash outside a constraint, or to the end. */
  #segment(): Segment {
    const start = this.#at;
    if (this.#text[start] === '*') return this.#oneSegment();
    const prefix = this.#literal();
    if (this.#atEnd()) {
      if (prefix === '' && this.#at < this.#text.length) throw new PatternError('an empty segment', start);
      if (prefix === '.' || prefix === '..') throw new PatternError('a path is matched without dot segments', start);
      return { kind: 'literal', text: prefix };
    }
    const parameters: Parameter[] = [];
    while (!this.#atEnd()) parameters.push(this.#parameter());
    return { kind: 'open', prefix, parameters };
  }

  #oneSegment(): Segment {
    this.#at++;
    if (!this.#atEnd()) throw new PatternError("'*' stands for a whole segment; a literal one is %2A", this.#at - 1);
    return { kind: 'open', prefix: '', parameters: [{ name: null, constraint: null, after: '' }] };
  }

  #parameter(): Parameter {
    const start = this.#at++;
    const name = /^[A-Za-z_]\w*/.exec(this.#text.slice(this.#at))?.[0];
    if (name === undefined) throw new PatternError("a name follows ':'; a literal colon is %3A", start);
    if (this.#names.includes(name)) throw new PatternError(`:${name} is used twice`, start);
    this.#names.push(name);
    this.#at += name.length;
    const constraint = this.#text[this.#at] === '{' ? this.#constraint() : null;
    const afterStart = this.#at;
    const after = this.#literal();
    if (after === '' && !this.#atEnd()) throw new PatternError('two parameters need text between them', afterStart);
    return { name, constraint, after };
  }

  #constraint(): LinearRegex {
    const start = this.#at;
    const end = this.#closingBrace();
    this.#at = end + 1;
    try {
      return compileRegex(this.#text.slice(start + 1, end));
    } catch (error) {
      if (error instanceof RegexError) throw new PatternError(error.message, start + 1 + error.index);
      throw error;
    }
  }

  /** Counts in an expression have braces of their own, and a class or an escape may hold a lone one. */
  #closingBrace(): number {
    let depth = 0;
    let inClass = false;
    for (let i = this.#at; i < this.#text.length; i++) {
      const character = this.#text[i];
      if (character === '\\') i++;
      else if (inClass) inClass = character !== ']';
      else if (character === '[') inClass = true;
      else if (character === '{') depth++;
      else if (character === '}' && --depth === 0) return i;
    }
    throw new PatternError("'{' without '}'", this.#at);
  }

  #literal(): string {
    const start = this.#at;
    while (!this.#atEnd() && this.#text[this.#at] !== ':') {
      const hint = misplaced.get(this.#text[this.#at]!);
      if (hint !== undefined) throw new PatternError(hint, this.#at);
      this.#at++;
    }
    return canonicalText(asWireText(this.#text.slice(start, this.#at)));
  }

  #atEnd(): boolean {
    return this.#at >= this.#text.length || this.#text[this.#at] === '/';
  }
}

const misplaced: ReadonlyMap<string, string> = new Map([
  ['*', "'*' stands for a whole segment; a literal one is %2A"],
  ['{', "'{' follows a parameter's name; a literal one is %7B"],
  ['}', "'}' without '{'; a literal one is %7D"],
  ['?', "a path has no '?': optional parts are patterns of their own, query conditions go under `query`"],
  ['#', "a path has no '#'; a literal one is %23"],
]);
