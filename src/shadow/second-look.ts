import { signatureOf } from '../domain/evidence.ts';
import type { Mismatch } from '../domain/mismatch.ts';
import type { Shown } from './aggregate.ts';

/** Each signature once. */
export function shownBy(mismatches: readonly Mismatch[]): Shown[] {
  const shown = new Map<string, Shown>();
  for (const { kind, pattern } of mismatches) {
    const one: Shown = { kind, pattern, look: null };
    shown.set(signatureOf(one.kind, one.pattern), one);
  }
  return [...shown.values()];
}

/**
 * What asking both sides again made of the mismatches of a first comparison: what differs again is persistent, unless
 * legacy's two answers differ there as well; what does not is a race. What differs only the second time has not been
 * looked at twice, and counts as if it had been seen the first time.
 */
export function lookedAt(first: readonly Shown[], second: readonly Shown[], self: readonly Shown[]): Shown[] {
  const again = namesOf(second);
  const noisy = namesOf(self);
  const known = namesOf(first);
  const judged = first.map((one): Shown => {
    if (!again.has(nameOf(one))) return { ...one, look: 'race' };
    return { ...one, look: noisy.has(nameOf(one)) ? 'noise' : 'persistent' };
  });
  const later = second.filter((one) => !known.has(nameOf(one)) && !noisy.has(nameOf(one)));
  return [...judged, ...later];
}

const nameOf = ({ kind, pattern }: Shown): string => signatureOf(kind, pattern);
const namesOf = (shown: readonly Shown[]): ReadonlySet<string> => new Set(shown.map(nameOf));
