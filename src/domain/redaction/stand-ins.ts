/** What a secret looked like, or `redacted` where its name or its place gave it away. */
export type SecretKind = 'redacted' | 'token' | 'card' | 'iban' | 'e-mail';

/** Gives the text that stands in a secret's place. */
export interface StandIns {
  of(kind: SecretKind, secret: string): string;
}

/** For what is compared across examples, such as patterns: all secrets of a kind look the same. */
export const unnumbered: StandIns = { of: (kind) => `‹${kind}›` };

/** For one example: whoever reads it sees which secrets agree and which differ, and nothing more of them. */
export class NumberedStandIns implements StandIns {
  readonly #known = new Map<string, string>();
  readonly #counts = new Map<SecretKind, number>();
  readonly #named = new Map<string, string>();

  of(kind: SecretKind, secret: string): string {
    const key = `${kind} ${secret}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const number = (this.#counts.get(kind) ?? 0) + 1;
    this.#counts.set(kind, number);
    const standIn = `‹${kind} ${number}›`;
    this.#known.set(key, standIn);
    // A shorter one may well occur for other reasons, and says little.
    if (kind === 'redacted') {
      for (const part of spellingsOf(secret)) {
        if (part.length >= 6 && !this.#named.has(part)) this.#named.set(part, standIn);
      }
    }
    return standIn;
  }

  /**
   * Takes out of `text` what a name or a place elsewhere in the example gave away: a session id that a header
   * carried may be repeated in a body, where nothing tells that it is one.
   */
  scrub(text: string): string {
    let scrubbed = text;
    for (const [secret, standIn] of this.#named) {
      if (scrubbed.includes(secret)) scrubbed = scrubbed.replaceAll(secret, () => standIn);
    }
    return scrubbed;
  }
}

/** A service may echo a credential without its scheme, decoded, or within JSON: the whole first, then its parts. */
function spellingsOf(secret: string): string[] {
  const parts = [secret];
  const [, scheme, value] = /^(Bearer|Basic|Digest|Negotiate|Token)\s+(\S.*)$/i.exec(secret) ?? [];
  if (scheme !== undefined && value !== undefined) {
    parts.push(value);
    if (/^basic$/i.test(scheme)) parts.push(...decodedBasic(value));
  }
  return parts.flatMap((part) => [part, JSON.stringify(part).slice(1, -1)]);
}

function decodedBasic(value: string): string[] {
  try {
    const both = new TextDecoder().decode(Uint8Array.from(atob(value), (byte) => byte.charCodeAt(0)));
    const colon = both.indexOf(':');
    return colon === -1 ? [both] : [both, both.slice(colon + 1)];
  } catch {
    return [];
  }
}
