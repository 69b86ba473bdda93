import type { RetrySettings } from '../domain/policies.ts';
import { retriesAllowed } from '../domain/retry.ts';

/** Keeps retries the exception: a target that fails all of its requests must not get them several times over. */
export class RetryBudget {
  readonly settings: RetrySettings;
  /** Requests under way, those that wait for their retry among them. */
  active = 0;
  /** Of these, the ones that are being sent again or wait for it. */
  retrying = 0;

  constructor(settings: RetrySettings) {
    this.settings = settings;
  }

  get allowsAnother(): boolean {
    return this.retrying < retriesAllowed(this.settings, this.active);
  }
}
