/** A wait that can be cut short, once and for all or only now. */
export class Pause {
  #timer: NodeJS.Timeout | null = null;
  #resolve: (() => void) | null = null;
  #ended = false;
  #nudged = false;

  /** A nudge that came while nobody waited ends the next wait at once. */
  for(milliseconds: number): Promise<void> {
    if (this.#ended || this.#nudged) {
      this.#nudged = false;
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      this.#resolve = resolve;
      this.#timer = setTimeout(() => this.#wake(), milliseconds);
    });
  }

  nudge(): void {
    if (this.#resolve === null) this.#nudged = true;
    else this.#wake();
  }

  end(): void {
    this.#ended = true;
    this.#wake();
  }

  #wake(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const resolve = this.#resolve;
    this.#resolve = null;
    resolve?.();
  }
}
