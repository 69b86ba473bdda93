/**
 * - `unavailable`: the bus can't be reached or written now; it may recover without anyone's doing.
 * - `refused`: what was to be published is no event, or more than an event may be.
 * - `closed`: it was used after `close()`.
 * - `unknown`: this kind of bus can't do that, or not this way.
 * - `foreign`, `newer`, `corrupt`: what is at its place is not ours, by a newer strangler, or damaged.
 */
export type BusErrorCode = 'unavailable' | 'refused' | 'closed' | 'unknown' | 'foreign' | 'newer' | 'corrupt';

export class BusError extends Error {
  override readonly name = 'BusError';
  readonly code: BusErrorCode;

  /** `message` names the place, without credentials, and the way out: it is shown as it stands. */
  constructor(code: BusErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
