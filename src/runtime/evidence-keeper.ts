import { setTimeout as sleep } from 'node:timers/promises';
import type { EvidenceBatch } from '../domain/evidence.ts';
import type { EventSink, Evidence } from '../ports.ts';

/** ms that a stop waits for evidence on its way to the state. */
export const settleWithin = 2_000;

/** Batches that wait for a slow or missing evidence file: half a minute's worth of one process. */
const mostWaiting = 30;

export interface EvidenceKeeper {
  /** Never waits and never throws: evidence that can't be kept is counted and let go. */
  keep(batch: EvidenceBatch): void;
  /** Batches that nobody could keep so far. */
  readonly lost: number;
  /** Resolves when what was handed over has been kept or can't be, and at the latest after `within` ms. */
  settled(within: number): Promise<void>;
}

/** Takes batches to the state, one after the other. */
export function createEvidenceKeeper(evidence: Pick<Evidence, 'record'>, events: EventSink): EvidenceKeeper {
  const waiting: EvidenceBatch[] = [];
  let recording: Promise<void> | null = null;
  let lost = 0;
  /** Lost since anyone could write that down. */
  let unsaid = 0;
  let failing = false;

  function lose(error: Error): void {
    lost += 1;
    unsaid += 1;
    if (!failing) events.emit({ type: 'evidence.lost', batches: lost, error: error.message });
    failing = true;
  }

  async function record(): Promise<void> {
    for (let batch = waiting.shift(); batch !== undefined; batch = waiting.shift()) {
      const saying = unsaid;
      try {
        await evidence.record(saying === 0 ? batch : { ...batch, lost: saying });
        unsaid -= saying;
        if (failing) events.emit({ type: 'evidence.recovered' });
        failing = false;
      } catch (error) {
        lose(error as Error);
      }
    }
    recording = null;
  }

  return {
    keep(batch) {
      if (waiting.length >= mostWaiting) {
        waiting.shift();
        lose(new Error('it is written more slowly than it comes'));
      }
      waiting.push(batch);
      recording ??= record();
    },
    get lost() {
      return lost;
    },
    async settled(within) {
      const late = sleep(within, undefined, { ref: false });
      if (recording !== null) await Promise.race([recording, late]);
    },
  };
}
