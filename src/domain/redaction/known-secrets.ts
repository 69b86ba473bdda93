import { getOrAdd } from '../get-or-add.ts';

/** How a secret has to stand in a text to be found: `alone` is with no letter and no digit beside it. */
type Standing = 'anywhere' | 'alone';

interface Known {
  readonly secret: string;
  readonly standIn: string;
  readonly standing: Standing;
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
  /** By their first three characters, then by their length, the longest first once they are looked through. */
  readonly #byHead = new Map<number, Map<number, Map<string, Known>>>();
  #sorted = true;

  /** @param secret three characters or more. */
  add(secret: string, standIn: string, standing: Standing): void {
    const byLength = getOrAdd(this.#byHead, headAt(secret, 0), () => new Map<number, Map<string, Known>>());
    getOrAdd(
      getOrAdd(byLength, secret.length, () => new Map<string, Known>()),
      secret,
      () => {
        return { secret, standIn, standing };
      },
    );
    this.#sorted = false;
  }

  /** Leaves stand-ins as they are. */
  scrub(text: string): string {
    if (this.#byHead.size === 0 || text.length < 3) return text;
    this.#sort();
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
      const found = this.#foundAt(text, at);
      if (found === undefined) continue;
      scrubbed += text.slice(copied, at) + found.standIn;
      copied = at + found.secret.length;
      at = copied - 1;
    }
    return copied === 0 ? text : scrubbed + text.slice(copied);
  }

  #foundAt(text: string, at: number): Known | undefined {
    for (const [length, known] of this.#byHead.get(headAt(text, at)) ?? none) {
      const found = known.get(text.slice(at, at + length));
      if (found !== undefined && (found.standing === 'anywhere' || isAlone(text, at, found.secret))) return found;
    }
    return undefined;
  }

  #sort(): void {
    if (this.#sorted) return;
    this.#sorted = true;
    for (const [head, byLength] of this.#byHead) {
      this.#byHead.set(head, new Map([...byLength].sort(([one], [other]) => other - one)));
    }
  }
}

function isAlone(text: string, at: number, secret: string): boolean {
  return !wordly.test(text[at - 1] ?? '') && !wordly.test(text[at + secret.length] ?? '');
}

const none: ReadonlyMap<number, ReadonlyMap<string, Known>> = new Map();

/** Three characters as one number. */
const headAt = (text: string, at: number): number =>
  (text.charCodeAt(at) * 0x10000 + text.charCodeAt(at + 1)) * 0x10000 + text.charCodeAt(at + 2);
