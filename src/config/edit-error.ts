/** Why routes.yaml was left as it is. */
type EditRefusal =
  | 'unknown-route'
  | 'invalid-percent'
  | 'from-environment'
  | 'shared'
  /** Written in a way that can't be added to by bytes alone. */
  | 'layout'
  | 'invalid-file'
  | 'changed-meanwhile'
  | 'unwritable';

export class EditError extends Error {
  override readonly name = 'EditError';
  readonly code: EditRefusal;

  constructor(code: EditRefusal, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
