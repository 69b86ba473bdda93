import { signatureOf } from '../domain/evidence.ts';
import type { Shown } from './aggregate.ts';

/** How often a mismatch has to be there again at the second look, and never to be gone, before it is established. */
const enough = 20;
/** Signatures that are remembered, at most. */
const most = 1_000;

interface Known {
  persisted: number;
  /** Looks that have been asked for and not ended. */
  pending: number;
}

/**
 * What has always persisted so far, or is being looked at often enough to tell: it leaves second looks, of which there
 * are few, to what nobody knows yet.
 */
export class Established {
  readonly #known = new Map<string, Known>();

  begin(shown: readonly Shown[]): void {
    for (const one of shown) this.#change(one, (known) => known.pending++);
  }

  /** A look that was begun has come to its end, whatever it saw. */
  end(shown: readonly Shown[]): void {
    for (const one of shown) this.#change(one, (known) => known.pending--);
  }

  learn(shown: readonly Shown[]): void {
    for (const one of shown) {
      if (one.look === 'persistent') this.#change(one, (known) => known.persisted++);
      else if (one.look === 'race' || one.look === 'noise')
        this.#change(one, (known) => {
          known.persisted = 0;
        });
    }
  }

  /** Whether there is nothing else among them. */
  covers(shown: readonly Shown[]): boolean {
    return shown.every((one) => {
      const known = this.#known.get(nameOf(one));
      return known !== undefined && known.persisted + known.pending >= enough;
    });
  }

  #change(one: Shown, change: (known: Known) => void): void {
    const name = nameOf(one);
    const known = this.#known.get(name) ?? { persisted: 0, pending: 0 };
    if (this.#known.size >= most && !this.#known.has(name)) return;
    change(known);
    if (known.persisted <= 0 && known.pending <= 0) this.#known.delete(name);
    else this.#known.set(name, known);
  }
}

const nameOf = ({ kind, pattern }: Shown): string => signatureOf(kind, pattern);
