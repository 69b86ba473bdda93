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
  /** By their first three characters; each list is sorted, the longest first, when it is first looked through. */
  readonly #byHead = new Map<number, { sorted: boolean; readonly all: Known[] }>();
  readonly #secrets = new Set<string>();

  /** @param secret three characters or more. */
  add(secret: string, standIn: string, standing: Standing): void {
    if (this.#secrets.has(secret)) return;
    this.#secrets.add(secret);
    const head = headAt(secret, 0);
    const known = this.#byHead.get(head);
    if (known === undefined) this.#byHead.set(head, { sorted: true, all: [{ secret, standIn, standing }] });
    else {
      known.all.push({ secret, standIn, standing });
      known.sorted = false;
    }
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
      const found = this.#foundAt(text, at);
      if (found === undefined) continue;
      scrubbed += text.slice(copied, at) + found.standIn;
      copied = at + found.secret.length;
      at = copied - 1;
    }
    return copied === 0 ? text : scrubbed + text.slice(copied);
  }

  #foundAt(text: string, at: number): Known | undefined {
    const known = this.#byHead.get(headAt(text, at));
    if (known === undefined) return undefined;
    if (!known.sorted) known.all.sort((one, other) => other.secret.length - one.secret.length);
    known.sorted = true;
    return known.all.find(
      ({ secret, standing }) => text.startsWith(secret, at) && (standing === 'anywhere' || isAlone(text, at, secret)),
    );
  }
}

function isAlone(text: string, at: number, secret: string): boolean {
  return !wordly.test(text[at - 1] ?? '') && !wordly.test(text[at + secret.length] ?? '');
}

/** Three characters as one number. */
const headAt = (text: string, at: number): number =>
  (text.charCodeAt(at) * 0x10000 + text.charCodeAt(at + 1)) * 0x10000 + text.charCodeAt(at + 2);
