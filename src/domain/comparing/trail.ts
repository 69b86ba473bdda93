import { looksLikeData, mostFields } from './map-keys.ts';
import { keyText } from './step.ts';
import { keysOf, nextOf, STRIDE, stringOf, type Tape } from './tape.ts';

/** The way from a document's root to the values that are being compared. One step a level. */
export class Trail {
  /** Of each step: the tape that its key stands in, `null` for a position. */
  readonly #tapes: (Tape | null)[] = [];
  /** The key, or the position. */
  readonly #steps: number[] = [];
  /** The object, on either side, that the key is one of; -1 where that side has none. */
  readonly #control: number[] = [];
  readonly #candidate: number[] = [];
  readonly #a: Tape;
  readonly #b: Tape;
  readonly #maps = new Map<number, boolean>();

  constructor(a: Tape, b: Tape) {
    this.#a = a;
    this.#b = b;
  }

  get depth(): number {
    return this.#steps.length;
  }

  enterKey(tape: Tape, key: number, control: number, candidate: number): void {
    this.#tapes.push(tape);
    this.#steps.push(key);
    this.#control.push(control);
    this.#candidate.push(candidate);
  }

  enterIndex(index: number): void {
    this.#tapes.push(null);
    this.#steps.push(index);
    this.#control.push(-1);
    this.#candidate.push(-1);
  }

  leave(): void {
    this.#tapes.pop();
    this.#steps.pop();
    this.#control.pop();
    this.#candidate.pop();
  }

  /** Where exactly, and what it is clustered by. */
  texts(most: number): { readonly path: string; readonly pattern: string } {
    let path = '$';
    let pattern = '$';
    for (let i = 0; i < this.#steps.length; i++) {
      const tape = this.#tapes[i]!;
      const step = this.#steps[i]!;
      if (tape === null) {
        path += `[${step}]`;
        pattern += '[*]';
      } else {
        const key = stringOf(tape, step);
        const text = keyText(key);
        path += text;
        pattern += looksLikeData(key) || this.#isMap(this.#control[i]!, this.#candidate[i]!) ? '.*' : text;
      }
    }
    return { path: shortened(path, most), pattern: shortened(pattern, most) };
  }

  #isMap(control: number, candidate: number): boolean {
    const known = this.#maps.get(control);
    if (known !== undefined && control !== -1) return known;
    const isMap =
      (control !== -1 && isMapLike(this.#a, control)) || (candidate !== -1 && isMapLike(this.#b, candidate));
    if (control !== -1) this.#maps.set(control, isMap);
    return isMap;
  }
}

/** Many keys, or at least half of them from data. */
function isMapLike(tape: Tape, object: number): boolean {
  const end = nextOf(tape, object);
  let count = 0;
  for (let key = object + STRIDE; key < end; key = nextOf(tape, key + STRIDE)) if (++count > mostFields) return true;
  const keys = keysOf(tape, object);
  const fromData = keys.filter((key) => looksLikeData(stringOf(tape, key))).length;
  return fromData > 0 && fromData * 2 >= keys.length;
}

/** The text, with a `…` for its middle where it is too long. */
export function shortened(text: string, most: number): string {
  if (text.length <= most) return text;
  const tail = Math.floor(most / 3);
  const head = text.slice(0, most - tail - 1).replace(/[\ud800-\udbff]$/, '');
  return `${head}…${text.slice(text.length - tail).replace(/^[\udc00-\udfff]/, '')}`;
}
