/**
 * Every error that the proxy itself answers with: one row a code. `docs/errors.md` mirrors this table and a
 * test holds the two together.
 */
type Cause = 'client' | 'proxy' | 'target';

interface ProxyError {
  readonly status: number;
  readonly cause: Cause;
  /** Whether the same request may succeed when it is sent again. */
  readonly retryable: boolean;
  /** Shown to the caller; never names an internal address. */
  readonly sentence: string;
  /** ms after which it is worth to ask again, where that does not depend on the moment; 0 where nobody knows. */
  readonly retryAfter: number;
}

const row = (status: number, cause: Cause, retryable: boolean, sentence: string, retryAfter = 0): ProxyError => ({
  status,
  cause,
  retryable,
  sentence,
  retryAfter,
});

export const errors = {
  'bad-request': row(400, 'client', false, 'The request is not valid HTTP/1.1.'),
  'bad-framing': row(400, 'client', false, 'The length of the request body is ambiguous or invalid.'),
  'bad-host': row(400, 'client', false, 'The request needs exactly one valid Host header.'),
  'bad-target': row(400, 'client', false, 'The request target is not valid.'),
  'bad-body': row(400, 'client', false, 'The request body broke off or is not validly framed.'),
  'method-refused': row(405, 'client', false, 'This method is not forwarded.'),
  'request-timeout': row(408, 'client', true, 'The request took too long to arrive.'),
  'path-too-long': row(414, 'client', false, 'The request target is too long.'),
  'expectation-failed': row(417, 'client', false, 'The Expect header asks for something unknown.'),
  'headers-too-large': row(431, 'client', false, 'The request headers are too large or too many.'),
  'internal-error': row(500, 'proxy', true, 'The proxy failed to handle this request.'),
  'coding-refused': row(501, 'client', false, 'This transfer coding is not supported.'),
  'target-refused': row(502, 'target', true, 'The target refused the connection.'),
  'target-unreachable': row(502, 'target', true, 'The target could not be reached.'),
  'target-reset': row(502, 'target', true, 'The target closed the connection before it answered.'),
  'target-invalid': row(502, 'target', false, 'The target answered with something that is not valid HTTP.'),
  'part-failed': row(502, 'target', true, 'A part of the answer that is needed could not be had.'),
  // What is under way is short, or it would not be so much.
  overloaded: row(503, 'proxy', true, 'The proxy has more requests than it can serve.', 1_000),
  'outbox-unavailable': row(
    503,
    'proxy',
    true,
    'What comes of this request can not be written down at the moment, so it was not forwarded.',
    1_000,
  ),
  'circuit-open': row(503, 'target', true, 'The target keeps failing, and is not asked for a while.'),
  'target-busy': row(503, 'target', true, 'The target has as many requests under way as it may have.'),
  draining: row(503, 'proxy', true, 'The proxy is shutting down.'),
  'connect-timeout': row(504, 'target', true, 'The target did not accept the connection in time.'),
  'response-timeout': row(504, 'target', true, 'The target did not answer in time.'),
  'version-refused': row(505, 'client', false, 'Only HTTP/1.0 and HTTP/1.1 are spoken here.'),
  'loop-detected': row(508, 'proxy', false, 'The request came back to this proxy.'),
} as const satisfies Record<string, ProxyError>;

export type ErrorCode = keyof typeof errors;

/** The request never reached the target, so that asking someone else can't make it happen twice. */
export function isConnectFailure(code: ErrorCode): boolean {
  return code === 'target-refused' || code === 'target-unreachable' || code === 'connect-timeout';
}
