/** What a verification has found of one kind of thing, counted; it holds no more of it than a few ids. */
export interface Drift {
  readonly kind: string;
  readonly same: number;
  readonly differing: number;
  /** The monolith has it, the service doesn't. */
  readonly missing: number;
  /** The service has it, and the monolith doesn't know it. */
  readonly extra: number;
  /** Made by the service itself: nobody could have it from the monolith. */
  readonly own: number;
  /** Changed so short a time before, or since, that it may still be on its way. */
  readonly fresh: number;
  /** How often each field differed. */
  readonly fields: Readonly<Record<string, number>>;
  readonly first: readonly Found[];
}

export interface Found {
  readonly what: 'differing' | 'missing' | 'extra';
  readonly id: string;
  readonly fields: readonly string[];
}

const shownOfEach = 5;
const mostFields = 100;

export class DriftCount {
  readonly #kind: string;
  readonly #counts = { same: 0, differing: 0, missing: 0, extra: 0, own: 0, fresh: 0 };
  readonly #fields = new Map<string, number>();
  readonly #first: Found[] = [];

  constructor(kind: string) {
    this.#kind = kind;
  }

  add(what: 'same' | 'own' | 'fresh'): void {
    this.#counts[what] += 1;
  }

  found(what: Found['what'], id: string, fields: readonly string[] = []): void {
    if (this.#counts[what] < shownOfEach) this.#first.push({ what, id, fields });
    this.#counts[what] += 1;
    for (const field of fields) {
      if (this.#fields.has(field) || this.#fields.size < mostFields)
        this.#fields.set(field, (this.#fields.get(field) ?? 0) + 1);
    }
  }

  get drift(): Drift {
    return { kind: this.#kind, ...this.#counts, fields: Object.fromEntries(this.#fields), first: [...this.#first] };
  }
}

export const drifted = ({ differing, missing, extra }: Drift): boolean => differing + missing + extra > 0;
