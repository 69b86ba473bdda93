const safeMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'PROPFIND', 'REPORT', 'SEARCH', 'QUERY']);

/** Answered with an error by the proxy itself: the one opens tunnels to anywhere, the other tells fields that were added. */
const refusedMethods: ReadonlySet<string> = new Set(['CONNECT', 'TRACE']);

/** No target is ever asked with this method. */
export function isNeverForwarded(method: string): boolean {
  return refusedMethods.has(method);
}

/** Asking twice is the same as asking once, and changes nothing: such a request may be sent again. */
export function isSafe(method: string): boolean {
  return safeMethods.has(method);
}

/** A request with this method may change what the one who answers it remembers. */
export function mayWrite(method: string): boolean {
  return !isSafe(method) && !isNeverForwarded(method);
}
