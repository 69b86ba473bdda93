const safeMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'PROPFIND', 'REPORT', 'SEARCH', 'QUERY']);

/** Asking twice is the same as asking once, and changes nothing: such a request may be sent again. */
export function isSafe(method: string): boolean {
  return safeMethods.has(method);
}
