import { signatureOf } from '../domain/evidence.ts';
import type { Shown } from './aggregate.ts';

/** How often a mismatch has to be there again at the second look, and never to be gone, before it is established. */
const enough = 20;
/** Signatures that are remembered, at most. */
const most = 1_000;

/** What has always persisted so far: it leaves second looks, of which there are few, to what nobody knows yet. */
export class Established {
  readonly #persisted = new Map<string, number>();

  learn(shown: readonly Shown[]): void {
    for (const { kind, pattern, look } of shown) {
      const signature = signatureOf(kind, pattern);
      const known = this.#persisted.get(signature);
      if (look === 'persistent' && (known !== undefined || this.#persisted.size < most))
        this.#persisted.set(signature, (known ?? 0) + 1);
      else if (look === 'race' || look === 'noise') this.#persisted.delete(signature);
    }
  }

  /** Whether there is nothing else among them. */
  covers(shown: readonly Shown[]): boolean {
    return shown.every(({ kind, pattern }) => (this.#persisted.get(signatureOf(kind, pattern)) ?? 0) >= enough);
  }
}
