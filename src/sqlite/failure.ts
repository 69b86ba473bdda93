import { StateError, type StateErrorCode } from '../domain/state-error.ts';

/** An error on its way: no channel carries classes. */
export interface Failure {
  readonly name: string;
  readonly message: string;
  readonly code: StateErrorCode | null;
}

export function toFailure(error: unknown): Failure {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error), code: null };
  return { name: error.name, message: error.message, code: error instanceof StateError ? error.code : null };
}

export function fromFailure({ name, message, code }: Failure): Error {
  if (code !== null) return new StateError(code, message);
  return name === 'RangeError' ? new RangeError(message) : new Error(message);
}
