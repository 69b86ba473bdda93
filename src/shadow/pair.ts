/** What the mirror (main thread: sends copies, collects bytes) and the comparer (its own thread) say to each other. */
import type { Arm } from '../domain/evidence.ts';
import type { HeaderLines } from '../domain/header-lines.ts';
import type { Settings } from '../domain/settings.ts';
import type { SkipReason } from '../domain/shadow.ts';

/** What one target answered, as bytes: nothing has been decoded or parsed. */
export interface Seen {
  readonly status: number;
  readonly headers: HeaderLines;
  /** In pieces, each the mirror's own copy. */
  readonly body: readonly Buffer[];
  /** False: there was more than is kept, or it was not read. */
  readonly whole: boolean;
  /** From the request's first byte to the answer's last. */
  readonly milliseconds: number;
}

/** One request, and what the two sides answered. */
export interface Pair {
  readonly route: string;
  readonly arm: Arm;
  /** ms since the epoch. */
  readonly at: number;
  readonly method: string;
  readonly url: string;
  readonly headers: HeaderLines;
  readonly clientIp: string;
  readonly requestBody: readonly Buffer[] | null;
  readonly traceparent: string;
  readonly legacy: Seen;
  /** `null` in a calibration (legacy against itself), and before a readback has been asked for. */
  readonly service: Seen | null;
  /** Legacy's answer to the same request asked a second time. */
  readonly again: Seen | null;
  /** What a second look or a readback may still be asked for; `null` where nothing can. */
  readonly look: Look | null;
}

/** How both sides can be asked again. Kept by the comparer host, on the main thread, until the pair is settled. */
export interface Look {
  /**
   * Asks both sides, after `delay` ms, for the same request, or for `path` (of a readback, as legacy knows it).
   * Calls back exactly once: `null` when either could not be asked or did not answer, and then `why`, if it is known.
   */
  ask(
    delay: number,
    path: string | null,
    told: (seen: { legacy: Seen; service: Seen } | null, why?: LookFailure) => void,
  ): void;
}

/** Why there was nothing to see: a readback that never saw anything is counted by it. */
export type LookFailure = SkipReason | 'service-failed';

/** The comparer as the mirror sees it, on the main thread. */
export interface Comparer {
  apply(settings: Settings): void;
  /** Takes a pair and counts how it ends, exactly once: compared, or skipped for a reason. Never blocks, never throws. */
  compare(pair: Pair): void;
  /** Bytes of pairs that wait or are being compared: the mirror sheds by it. */
  readonly waiting: number;
  close(): Promise<void>;
}

/** Counts of what never gets as far as a comparison. The comparer's own counts join them on the way out. */
export interface Tallies {
  /** `at`: when the request began, ms since the epoch; absent, now. */
  skipped(route: string, arm: Arm, reason: SkipReason, at?: number): void;
  serviceFailed(route: string, arm: Arm, at?: number): void;
}
