import type { Answered, Intent } from '../domain/publishing/intent.ts';
import type { EventSink, OutboxWriter } from '../ports.ts';
import type { Tallies } from './tally.ts';

/** ms between two looks whether the outbox can be written again. */
const proveEvery = 1_000;

/** What waits in memory while nothing can be written: answers, and bytes of their bodies. */
const mostOwed = 1_000;
const mostOwedBytes = 16 * 1024 * 1024;

type Owed =
  | { readonly kind: 'record'; readonly answered: Answered }
  | { readonly kind: 'leave-open'; readonly intents: readonly Intent[]; readonly reason: string }
  | { readonly kind: 'dismiss'; readonly ids: readonly string[] };

interface KeeperParts {
  readonly outbox: OutboxWriter;
  readonly events: EventSink;
  readonly tallies: Tallies;
  /** Told after anything has been recorded. */
  readonly onRecorded: () => void;
}

/**
 * Writes to the outbox, and bridges the time in which that can't be done: what was to be written waits in memory, in its
 * order, as far as there is room. What finds none is lost, and said to be.
 */
export class OutboxKeeper {
  readonly #parts: KeeperParts;
  #owed: Owed[] = [];
  #owedBytes = 0;
  /** Not acknowledged yet; none of them rejects. */
  readonly #writing = new Set<Promise<void>>();
  #trouble = false;
  #full = false;
  #proving: NodeJS.Timeout | undefined;
  #paying: Promise<void> | null = null;

  constructor(parts: KeeperParts) {
    this.#parts = parts;
  }

  /** The last that was heard is that nothing can be written. */
  get troubled(): boolean {
    return this.#trouble;
  }

  /** False where they could not be written down. */
  async intend(intents: readonly Intent[]): Promise<boolean> {
    try {
      await this.#parts.outbox.intend(intents);
      if (this.#full) this.#parts.events.emit({ type: 'outbox.recovered' });
      this.#full = false;
      return true;
    } catch (error) {
      this.#fail(error as Error);
      return false;
    }
  }

  /** Resolves once it is written down, or is owed. */
  async record(answered: Answered): Promise<void> {
    await this.#write({ kind: 'record', answered });
  }

  dismiss(ids: readonly string[]): void {
    void this.#write({ kind: 'dismiss', ids });
  }

  leaveOpen(intents: readonly Intent[], reason: string): void {
    for (const intent of intents) this.#tellUncertain(intent, reason);
    void this.#write({ kind: 'leave-open', intents, reason });
  }

  /** Pays what is owed, for the last time; what is left then is lost. */
  async close(): Promise<void> {
    await Promise.all(this.#writing);
    clearTimeout(this.#proving);
    if (this.#owed.length > 0) await this.#pay().catch(() => {});
    for (const owed of this.#owed) this.#lose(owed, 'the proxy was stopped before the outbox could be written again');
    this.#owed = [];
  }

  #write(what: Owed): Promise<void> {
    if (this.#trouble) {
      this.#owe(what);
      return Promise.resolve();
    }
    const writing = this.#tryToWrite(what).finally(() => this.#writing.delete(writing));
    this.#writing.add(writing);
    return writing;
  }

  async #tryToWrite(what: Owed): Promise<void> {
    try {
      await this.#do(what);
    } catch (error) {
      this.#fail(error as Error);
      if (error instanceof RangeError) this.#lose(what, error.message);
      else this.#owe(what);
    }
  }

  async #do(what: Owed): Promise<void> {
    const { outbox, onRecorded } = this.#parts;
    switch (what.kind) {
      case 'record': {
        const untold = await outbox.record(what.answered);
        this.#count(what.answered, untold);
        onRecorded();
        break;
      }
      case 'leave-open':
        await outbox.leaveOpen(what.intents, what.reason);
        break;
      case 'dismiss':
        await outbox.dismiss(what.ids);
        break;
    }
  }

  #count({ tellings }: Answered, untold: readonly (string | null)[]): void {
    for (const [index, { intent }] of tellings.entries()) {
      const why = untold[index] ?? null;
      if (why === null) this.#parts.tallies.of(intent.route, intent.type).counts.recorded += 1;
      else this.#tellUncertain(intent, why);
    }
  }

  #tellUncertain({ route, type }: Intent, reason: string): void {
    this.#parts.tallies.of(route, type).counts.uncertain += 1;
    this.#parts.events.emit({ type: 'event.uncertain', route, event: type, reason });
  }

  #fail(error: Error): void {
    if (this.#trouble) return;
    if (error instanceof RangeError) {
      // It can be written, and has no room for more intents.
      if (!this.#full) this.#parts.events.emit({ type: 'outbox.unavailable', error: error.message });
      this.#full = true;
      return;
    }
    this.#trouble = true;
    this.#parts.events.emit({ type: 'outbox.unavailable', error: error.message });
    this.#proveSoon();
  }

  #owe(what: Owed): void {
    const bytes = bytesOf(what);
    if (this.#owed.length >= mostOwed || this.#owedBytes + bytes > mostOwedBytes) {
      this.#lose(what, "the outbox can't be written, and no more fits into memory");
      return;
    }
    this.#owed.push(what);
    this.#owedBytes += bytes;
  }

  /** Where an intent was written down it becomes uncertain all the same, once its run has ended: that is no reason to be silent. */
  #lose(what: Owed, error: string): void {
    for (const { route, type } of intentsOf(what)) {
      this.#parts.tallies.of(route, type).counts.lost += 1;
      this.#parts.events.emit({ type: 'event.lost', route, event: type, error });
    }
  }

  #proveSoon(): void {
    this.#proving = setTimeout(() => {
      this.#prove().catch(() => this.#proveSoon());
    }, proveEvery).unref();
  }

  async #prove(): Promise<void> {
    await this.#parts.outbox.prove();
    await this.#pay();
  }

  /** A stop may come while it is under way: what is paid is paid once. */
  #pay(): Promise<void> {
    this.#paying ??= this.#payAll().finally(() => {
      this.#paying = null;
    });
    return this.#paying;
  }

  /** In their order, and before anything newer: while any is left the trouble goes on. */
  async #payAll(): Promise<void> {
    for (let owed = this.#owed[0]; owed !== undefined; owed = this.#owed[0]) {
      await this.#do(owed).catch((error: Error) => {
        if (!(error instanceof RangeError)) throw error;
        this.#lose(owed!, error.message);
      });
      this.#owed.shift();
      this.#owedBytes -= bytesOf(owed);
    }
    this.#trouble = false;
    this.#parts.events.emit({ type: 'outbox.recovered' });
  }
}

/** What would be missed of it. */
function intentsOf(owed: Owed): readonly Intent[] {
  if (owed.kind === 'dismiss') return [];
  return owed.kind === 'record' ? owed.answered.tellings.map(({ intent }) => intent) : owed.intents;
}

function bytesOf(owed: Owed): number {
  if (owed.kind !== 'record') return 0;
  const { answer, request } = owed.answered;
  return (answer.body?.byteLength ?? 0) + (request.body?.byteLength ?? 0);
}
