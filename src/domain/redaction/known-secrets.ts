import { getOrAdd } from '../get-or-add.ts';

/** How a secret has to stand in a text to be found: `alone` is with no letter and no digit beside it. */
type Standing = 'anywhere' | 'alone';

interface Known {
  readonly secret: string;
  readonly standIn: string;
  readonly standing: Standing;
  /** The longest other secret that this one begins with. */
  beginning: Known | null;
}

/** A stand-in and nothing else. */
export const standInText = /^‹(?:redacted|token|card|iban|e-mail)(?: \d+)?›$/;
const standInHere = /‹(?:redacted|token|card|iban|e-mail)(?: \d+)?›/y;
const wordly = /[\p{L}\p{N}_]/u;

/**
 * Finds secrets in texts in one pass, however many they are: both come from strangers. Of two that begin at the same
 * place the longer one is taken, so that nothing of it is left over.
 */
export class KnownSecrets {
  /** By their first three characters. */
  readonly #byHead = new Map<number, Alike>();

  /** @param secret three characters or more. */
  add(secret: string, standIn: string, standing: Standing): void {
    getOrAdd(this.#byHead, headAt(secret, 0), () => new Alike()).add({ secret, standIn, standing, beginning: null });
  }

  /** Leaves stand-ins as they are. */
  scrub(text: string): string {
    if (this.#byHead.size === 0 || text.length < 3) return text;
    let scrubbed = '';
    let copied = 0;
    for (let at = 0; at + 3 <= text.length; at++) {
      if (text[at] === '‹') {
        standInHere.lastIndex = at;
        if (standInHere.test(text)) {
          at = standInHere.lastIndex - 1;
          continue;
        }
      }
      const found = this.#byHead.get(headAt(text, at))?.foundAt(text, at) ?? null;
      if (found === null) continue;
      scrubbed += text.slice(copied, at) + found.standIn;
      copied = at + found.secret.length;
      at = copied - 1;
    }
    return copied === 0 ? text : scrubbed + text.slice(copied);
  }
}

/**
 * Secrets with the same first characters. In their order, whatever stands between a secret and a text that begins with it
 * begins with it too: so one search finds the longest, where to try each length would cost a text all of their lengths at
 * each of its characters.
 */
class Alike {
  readonly #known = new Map<string, Known>();
  #sorted: readonly Known[] | null = null;
  #longest = 0;

  add(known: Known): void {
    if (this.#known.has(known.secret)) return;
    this.#known.set(known.secret, known);
    this.#longest = Math.max(this.#longest, known.secret.length);
    this.#sorted = null;
  }

  foundAt(text: string, at: number): Known | null {
    this.#sorted ??= sorted([...this.#known.values()]);
    let found = lastUpTo(this.#sorted, text.slice(at, at + this.#longest));
    while (found !== null && !(text.startsWith(found.secret, at) && stands(text, at, found))) found = found.beginning;
    return found;
  }
}

function sorted(all: Known[]): readonly Known[] {
  all.sort((one, other) => (one.secret < other.secret ? -1 : 1));
  let before: Known | null = null;
  for (const known of all) {
    while (before !== null && !known.secret.startsWith(before.secret)) before = before.beginning;
    known.beginning = before;
    before = known;
  }
  return all;
}

function lastUpTo(all: readonly Known[], text: string): Known | null {
  let [low, high] = [0, all.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (all[middle]!.secret <= text) low = middle + 1;
    else high = middle;
  }
  return all[low - 1] ?? null;
}

const stands = (text: string, at: number, { secret, standing }: Known): boolean =>
  standing === 'anywhere' || isAlone(text, at, secret);

function isAlone(text: string, at: number, secret: string): boolean {
  return !wordly.test(text[at - 1] ?? '') && !wordly.test(text[at + secret.length] ?? '');
}

/** Three characters as one number. */
const headAt = (text: string, at: number): number =>
  (text.charCodeAt(at) * 0x10000 + text.charCodeAt(at + 1)) * 0x10000 + text.charCodeAt(at + 2);
