import { replaceCards } from './card-look.ts';
import { holdsJson, withoutJson } from './json-elsewhere.ts';
import { redactLooks } from './looks.ts';
import { isSecretName } from './secret-names.ts';
import type { StandIns } from './stand-ins.ts';
import { redactText } from './text.ts';
import { redactUrl } from './url.ts';

/** A place in a document, from its root. Read at once: the scanner goes on with the same array. */
export type JsonPath = readonly (string | number)[];

export interface JsonRedaction {
  readonly standIns: StandIns;
  /** Whether everything at this place is secret, by what routes.yaml says: also the keys below it, and how it is so. */
  readonly isSecretPlace: (path: JsonPath) => boolean;
  /** Whether routes.yaml names any places. */
  readonly namesPlaces: boolean;
  /** The most characters that are kept. */
  readonly room: number;
  /** Whether what is beyond the room is read all the same, to know whether it is JSON. */
  readonly toItsEnd: boolean;
}

export interface RedactedText {
  readonly text: string;
  readonly cut: boolean;
}

/**
 * Takes secrets out of JSON text, which comes back without blanks and otherwise as it was: numbers keep their
 * spelling, names that repeat repeat. It is read token by token, without recursion: any depth will do. `null` where
 * it is not JSON. With `cutShort` the text may end anywhere, and an unfinished token at its end is dropped.
 * `at` says where in a document the text stands, where it is a part of one.
 */
export function redactJson(
  text: string,
  redaction: JsonRedaction,
  { cutShort = false, at = [] }: { cutShort?: boolean; at?: JsonPath } = {},
): RedactedText | null {
  const rewriter = new Rewriter(text, redaction, at);
  const whole = rewriter.run();
  if (!whole && !(cutShort && rewriter.atEnd)) return null;
  return { text: rewriter.kept(), cut: !whole || rewriter.overflowed };
}

/** What is secret below a value: a name tells of values only, a place in routes.yaml of whatever is there. */
type Secrecy = 'nothing' | 'values' | 'everything';

interface Level {
  readonly isArray: boolean;
  readonly secrecy: Secrecy;
}

const blanks = /[ \t\n\r]*/y;
const numbers = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const words = /true|false|null/y;

class Rewriter {
  readonly #text: string;
  readonly #redaction: JsonRedaction;
  readonly #levels: Level[] = [];
  readonly #path: (string | number)[];
  #at = 0;
  #out: string[] = [];
  #length = 0;
  overflowed = false;

  constructor(text: string, redaction: JsonRedaction, at: JsonPath) {
    this.#text = text;
    this.#redaction = redaction;
    this.#path = [...at];
  }

  get atEnd(): boolean {
    return this.#at >= this.#text.length;
  }

  kept(): string {
    return this.overflowed ? cutText(this.#out.join(''), this.#redaction.room) : this.#out.join('');
  }

  /** False where the text is no JSON; `atEnd` then says whether it only ended too early. */
  run(): boolean {
    let wantsValue = true;
    let afterOpening = false;
    for (;;) {
      if (this.overflowed && !this.#redaction.toItsEnd) return true;
      this.#skipBlanks();
      if (wantsValue) {
        if (afterOpening && this.#text[this.#at] === (this.#inArray ? ']' : '}')) {
          this.#close();
          wantsValue = false;
          afterOpening = false;
          continue;
        }
        if (this.#levels.length > 0 && !this.#inArray && !this.#name()) return false;
        const opened = this.#value();
        if (opened === null) return false;
        wantsValue = opened;
        afterOpening = opened;
        continue;
      }
      if (this.#levels.length === 0) return this.atEnd;
      const character = this.#text[this.#at];
      if (character === ',') {
        this.#emit(',');
        this.#at++;
        if (this.#inArray) (this.#path[this.#path.length - 1] as number)++;
        wantsValue = true;
      } else if (character === (this.#inArray ? ']' : '}')) this.#close();
      else return false;
    }
  }

  get #inArray(): boolean {
    return this.#levels.at(-1)!.isArray;
  }

  #skipBlanks(): void {
    blanks.lastIndex = this.#at;
    blanks.exec(this.#text);
    this.#at = blanks.lastIndex;
  }

  #close(): void {
    this.#emit(this.#text[this.#at]!);
    this.#at++;
    this.#levels.pop();
    this.#path.pop();
  }

  #name(): boolean {
    const name = this.#string();
    if (name === null) return false;
    this.#skipBlanks();
    if (this.#text[this.#at] !== ':') return false;
    this.#at++;
    this.#skipBlanks();
    this.#path[this.#path.length - 1] = name;
    if (!this.overflowed) this.#emit(`${JSON.stringify(this.#redactedName(name))}:`);
    return true;
  }

  /** True when it opened an array or object, null when there is no value. */
  #value(): boolean | null {
    const character = this.#text[this.#at];
    if (character === '{' || character === '[') {
      this.#emit(character);
      this.#at++;
      const isArray = character === '[';
      this.#levels.push({ isArray, secrecy: this.#secrecy() });
      this.#path.push(isArray ? 0 : '');
      return true;
    }
    if (character === '"') {
      const value = this.#string();
      if (value === null) return null;
      if (!this.overflowed) this.#emit(JSON.stringify(this.#redactedString(value)));
      return false;
    }
    const number = this.#take(numbers);
    if (number !== null) {
      // Within something that has no end, neither has this: the first digits of a card number are no less secret.
      if (this.atEnd && this.#levels.length > 0) return null;
      if (!this.overflowed) this.#emit(this.#redactedNumber(number));
      return false;
    }
    const word = this.#take(words);
    if (word === null) {
      // `tru` and `-` at the end of a text that was cut.
      if (/^(?:-|t(?:ru?)?|f(?:a(?:ls?)?)?|n(?:ul?)?)$/.test(this.#text.slice(this.#at, this.#at + 6))) {
        this.#at = this.#text.length;
      }
      return null;
    }
    // That there is a password says nothing; of a place in routes.yaml not even that is told.
    const isSecret = this.#secrecy() === 'everything';
    this.#emit(isSecret ? JSON.stringify(this.#redaction.standIns.of('redacted', word)) : word);
    return false;
  }

  #secrecy(): Secrecy {
    if (this.overflowed) return 'nothing';
    const around = this.#levels.at(-1)?.secrecy ?? 'nothing';
    if (around === 'everything' || this.#redaction.isSecretPlace(this.#path)) return 'everything';
    const name = this.#path.at(-1);
    return around === 'values' || (typeof name === 'string' && isSecretName(name)) ? 'values' : 'nothing';
  }

  #redactedName(name: string): string {
    const { standIns } = this.#redaction;
    if (this.#levels.at(-1)!.secrecy !== 'everything') return redactLooks(standIns.scrub(name), standIns);
    return name === '' ? name : standIns.of('redacted', name, 'key');
  }

  #redactedString(value: string): string {
    const { standIns, namesPlaces } = this.#redaction;
    if (value === '') return value;
    if (this.#secrecy() !== 'nothing') return standIns.of('redacted', value);
    if (/^(?:https?:\/)?\/[^\s]*$/i.test(value)) {
      return redactUrl(namesPlaces ? withoutJson(value, standIns) : value, standIns);
    }
    // JSON within JSON, as in queues and logs: the same document may well be sent by itself elsewhere.
    if (/^\s*[{[]/.test(value)) {
      const inner = redactJson(value, this.#redaction);
      if (inner !== null) return inner.text;
    }
    return namesPlaces && holdsJson(value) ? standIns.of('redacted', value) : redactText(value, standIns);
  }

  #redactedNumber(number: string): string {
    const { standIns } = this.#redaction;
    if (this.#secrecy() !== 'nothing') return JSON.stringify(standIns.of('redacted', number));
    const scrubbed = standIns.scrub(number);
    const redacted = scrubbed.length < 13 ? scrubbed : replaceCards(scrubbed, (digits) => standIns.of('card', digits));
    return redacted === number ? number : JSON.stringify(redacted);
  }

  /** The text of the string that begins here, or null where none does or it has no end. */
  #string(): string | null {
    if (this.#text[this.#at] !== '"') return null;
    let end = this.#at;
    do {
      end = this.#text.indexOf('"', end + 1);
      if (end === -1) {
        this.#at = this.#text.length;
        return null;
      }
    } while (isEscaped(this.#text, end));
    const literal = this.#text.slice(this.#at, end + 1);
    try {
      const value = JSON.parse(literal) as string;
      this.#at = end + 1;
      return value;
    } catch {
      return null;
    }
  }

  #take(pattern: RegExp): string | null {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0] ?? null;
    if (found !== null) this.#at += found.length;
    return found;
  }

  #emit(piece: string): void {
    if (this.overflowed) return;
    this.#out.push(piece);
    this.#length += piece.length;
    this.overflowed = this.#length > this.#redaction.room;
  }
}

function isEscaped(text: string, at: number): boolean {
  let backslashes = 0;
  while (text.charCodeAt(at - 1 - backslashes) === 0x5c) backslashes++;
  return backslashes % 2 === 1;
}

/** The first `room` units, but never half of a character. */
export function cutText(text: string, room: number): string {
  if (text.length <= room) return text;
  const last = text.charCodeAt(room - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? room - 1 : room);
}
