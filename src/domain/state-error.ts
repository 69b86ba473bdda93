/**
 * - `unavailable`: it can't be reached or written now; it may recover without anyone's doing.
 * - `foreign`: what is at this place is not a strangler state.
 * - `newer`: a newer strangler has written it.
 * - `corrupt`: it is damaged.
 * - `closed`: it was asked after `close()`.
 */
export type StateErrorCode = 'unavailable' | 'foreign' | 'newer' | 'corrupt' | 'closed';

/** The state as a whole failed; a route that was refused is in the outcome instead. */
export class StateError extends Error {
  override readonly name = 'StateError';
  readonly code: StateErrorCode;

  /** `message` names the place and the way out: it is shown to the operator as it stands. */
  constructor(code: StateErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
