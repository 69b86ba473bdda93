/** The target sent something that is not valid HTTP/1.1. */
export class WireError extends Error {
  override readonly name = 'WireError';
}
