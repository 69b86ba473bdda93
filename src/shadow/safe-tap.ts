import type { HeaderLines } from '../domain/header-lines.ts';
import type { DomainEvent, ResponseHead, Tap } from '../ports.ts';

/** What is told in a place where an error of its own would cost a caller the answer, or everybody the process. */
export interface Faultable {
  /** Nothing more is told to it after this. */
  onFault(error: unknown): void;
}

/** A fault of ours, for the log. */
export function faultEvent(route: string, error: unknown): DomainEvent {
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { type: 'request.failed', code: 'internal-error', route, target: '-', detail };
}

/** A tap that never throws: a fault of ours in a shadow costs that shadow, and not the request that it belongs to. */
export class SafeTap implements Tap {
  readonly #tap: Tap & Faultable;

  constructor(tap: Tap & Faultable) {
    this.#tap = tap;
  }

  requestBody(chunk: Buffer): void {
    try {
      this.#tap.requestBody(chunk);
    } catch (error) {
      this.#tap.onFault(error);
    }
  }

  requestEnd(): void {
    try {
      this.#tap.requestEnd();
    } catch (error) {
      this.#tap.onFault(error);
    }
  }

  head(head: ResponseHead, told: HeaderLines): void {
    try {
      this.#tap.head(head, told);
    } catch (error) {
      this.#tap.onFault(error);
    }
  }

  body(chunk: Buffer): void {
    try {
      this.#tap.body(chunk);
    } catch (error) {
      this.#tap.onFault(error);
    }
  }

  complete(): void {
    try {
      this.#tap.complete();
    } catch (error) {
      this.#tap.onFault(error);
    }
  }

  failed(): void {
    try {
      this.#tap.failed();
    } catch (error) {
      this.#tap.onFault(error);
    }
  }

  fellThrough(): void {
    try {
      this.#tap.fellThrough();
    } catch (error) {
      this.#tap.onFault(error);
    }
  }

  gone(): void {
    try {
      this.#tap.gone();
    } catch (error) {
      this.#tap.onFault(error);
    }
  }
}
