/** An event on its way to Redis. */
export type Entry = readonly [partition: number, text: string];

interface Request {
  readonly entries: readonly Entry[];
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** What one script appends: Redis does nothing else meanwhile. */
const mostEvents = 200;
const mostText = 2_000_000;

/**
 * Sends one script at a time, with everything in it that was published meanwhile: so the order is kept whatever fails,
 * and many small publishes cost as much as a large one.
 */
export class RedisPublisher {
  readonly #append: (entries: readonly Entry[]) => Promise<void>;
  #queue: Request[] = [];
  #isSending = false;

  constructor(append: (entries: readonly Entry[]) => Promise<void>) {
    this.#append = append;
  }

  publish(entries: readonly Entry[]): Promise<void> {
    if (entries.length === 0) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#queue.push({ entries, resolve, reject });
      if (!this.#isSending) void this.#send();
    });
  }

  async #send(): Promise<void> {
    this.#isSending = true;
    while (this.#queue.length > 0) {
      const requests = this.#takeNext();
      try {
        for (const part of inParts(requests.flatMap(({ entries }) => entries))) await this.#append(part);
        for (const { resolve } of requests) resolve();
      } catch (error) {
        for (const { reject } of requests) reject(error);
      }
    }
    this.#isSending = false;
  }

  /** As many whole requests as one script takes; a larger one goes alone, in several. */
  #takeNext(): readonly Request[] {
    let events = 0;
    let text = 0;
    const end = this.#queue.findIndex(({ entries }) => {
      events += entries.length;
      text += textOf(entries);
      return events > mostEvents || text > mostText;
    });
    return this.#queue.splice(0, end === -1 ? this.#queue.length : Math.max(1, end));
  }
}

function textOf(entries: readonly Entry[]): number {
  return entries.reduce((sum, [, text]) => sum + text.length, 0);
}

function inParts(entries: readonly Entry[]): Entry[][] {
  const parts: Entry[][] = [];
  let text = 0;
  for (const entry of entries) {
    const part = parts.at(-1);
    if (part === undefined || part.length >= mostEvents || text + entry[1].length > mostText) {
      parts.push([entry]);
      text = 0;
    } else {
      part.push(entry);
    }
    text += entry[1].length;
  }
  return parts;
}
