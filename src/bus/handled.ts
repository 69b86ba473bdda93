import type { Hold, Position } from './group-source.ts';

interface Waiting {
  readonly positions: Position[];
  readonly told: Promise<void>;
  readonly tell: () => void;
}

/** Gathers what was handled within one turn of the event loop: a message for each event would cost more than many handlers. */
export class Handled {
  readonly #send: (hold: Hold, positions: readonly Position[]) => Promise<void>;
  readonly #waiting = new Map<string, Waiting>();

  constructor(send: (hold: Hold, positions: readonly Position[]) => Promise<void>) {
    this.#send = send;
  }

  add(hold: Hold, position: Position): Promise<void> {
    const known = this.#waiting.get(hold.token + hold.partition);
    if (known !== undefined) {
      known.positions.push(position);
      return known.told;
    }
    if (this.#waiting.size === 0) setImmediate(() => this.flush());
    const positions = [position];
    let tell = (): void => {};
    const told = new Promise<void>((resolve, reject) => {
      tell = () => this.#send(hold, positions).then(resolve, reject);
    });
    this.#waiting.set(hold.token + hold.partition, { positions, told, tell });
    return told;
  }

  /** To be called before anything is sent that must come behind it. */
  flush(): void {
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { tell } of waiting) tell();
  }
}
