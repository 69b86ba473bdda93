import { type Ejection, type Health, neverEjected, presumedWell } from '../domain/instance-health.ts';
import { type InstanceUrl, instanceName } from '../domain/instance-url.ts';
import type { Outcomes } from './wire/connection.ts';

/** One instance, and what is known of it; the same for callers' requests and for shadows. */
export class KnownInstance implements Outcomes {
  readonly url: InstanceUrl;
  readonly name: string;
  failures = 0;
  /** Failures in a row from which on `onFailing` is called at each. */
  mostFailures = Number.POSITIVE_INFINITY;
  health: Health = presumedWell;
  /** What the last failed check was about; `null` while it is well. */
  why: string | null = null;
  ejection: Ejection = neverEjected;
  ejected = false;
  ejections = 0;
  /** When it came, or came back; on the clock of `performance.now`. */
  since = Number.NEGATIVE_INFINITY;
  readonly #onFailing: (instance: KnownInstance) => void;

  constructor(url: InstanceUrl, onFailing: (instance: KnownInstance) => void) {
    this.url = url;
    this.name = instanceName(url);
    this.#onFailing = onFailing;
  }

  /** Nobody should be sent to it who can be sent elsewhere. */
  get leftAlone(): boolean {
    return this.ejected || !this.health.well;
  }

  onFailure(): void {
    if (++this.failures >= this.mostFailures) this.#onFailing(this);
  }
}
