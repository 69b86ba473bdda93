import { KnownSecrets, standInText } from './known-secrets.ts';
import { spellingsOf } from './spellings.ts';

/** What a secret looked like, or `redacted` where its name or its place gave it away. */
export type SecretKind = 'redacted' | 'token' | 'card' | 'iban' | 'e-mail';

/**
 * Why something is taken for a secret, which decides whether it is looked for elsewhere too.
 * - `told`: its name or routes.yaml says so.
 * - `guessed`: only by where it stands, as the value of any cookie.
 * - `key`: it is a key below a place that routes.yaml names.
 */
export type Ground = 'told' | 'guessed' | 'key';

/** Gives the text that stands in a secret's place. */
export interface StandIns {
  /** @param ground `told` when absent. */
  of(kind: SecretKind, secret: string, ground?: Ground): string;
  /** `text` without what a name or a place elsewhere gave away. */
  scrub(text: string): string;
}

/** For what is compared across examples, such as patterns: all secrets of a kind look the same. */
export const unnumbered: StandIns = { of: (kind) => `‹${kind}›`, scrub: (text) => text };

/**
 * For one example: whoever reads it sees which secrets agree and which differ, and nothing more of them. It is gone
 * through twice, since a session id that a header carried may be repeated in a body, where nothing tells that it is
 * one: what the first pass has met, the second knows wherever it stands.
 */
export class NumberedStandIns implements StandIns {
  readonly #known = new Map<string, string>();
  readonly #counts = new Map<SecretKind, number>();
  readonly #met = new KnownSecrets();
  #sealed = false;

  of(kind: SecretKind, secret: string, ground: Ground = 'told'): string {
    // What has been scrubbed already is nobody's secret.
    if (standInText.test(secret)) return secret;
    const key = `${kind} ${secret}`;
    const known = this.#known.get(key) ?? this.#number(kind, key);
    if (kind === 'redacted' && !this.#sealed) this.#meet(secret, known, ground);
    return known;
  }

  /** From here on `scrub` takes out what has been met. */
  seal(): void {
    this.#sealed = true;
  }

  scrub(text: string): string {
    return this.#sealed ? this.#met.scrub(text) : text;
  }

  #number(kind: SecretKind, key: string): string {
    const number = (this.#counts.get(kind) ?? 0) + 1;
    this.#counts.set(kind, number);
    const standIn = `‹${kind} ${number}›`;
    this.#known.set(key, standIn);
    return standIn;
  }

  #meet(secret: string, standIn: string, ground: Ground): void {
    if (ground === 'key' && isFieldName(secret)) return;
    // Cookies also hold everyday words, which are not worth the texts that they stand in.
    const least = ground === 'guessed' ? anywhere : shortest;
    for (const part of spellingsOf(secret)) {
      if (part.length >= anywhere) this.#met.add(part, standIn, 'anywhere');
      else if (part.length >= least && !/^(?:true|false|null)$/.test(part)) this.#met.add(part, standIn, 'alone');
    }
  }
}

/** Whether a key reads as programs name fields: `name` and `id` stand everywhere, and say nothing of anyone. */
export const isFieldName = (key: string): boolean => /^[A-Za-z_$]{1,40}$/.test(key);

/** Characters from which a secret is one within any text. A shorter one may be a part of anything. */
const anywhere = 6;
/** Characters from which it is looked for at all: one or two stand everywhere, and can't be kept secret by anybody. */
const shortest = 3;
