/**
 * Keys of the design whose part isn't built yet. Ignoring one would promise protection that isn't there, and
 * calling it unknown would be wrong too, so each is an error of its own wherever it stands.
 */
const laterKeys: ReadonlySet<string> = new Set(['compose']);

export function isLaterKey(key: string): boolean {
  return laterKeys.has(key);
}
