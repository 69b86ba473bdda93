import type { Mismatch } from '../../../src/domain/mismatch.ts';

/** As it would be told with the sides swapped. */
export function swapped({ kind, pattern, path, control, candidate }: Mismatch): Mismatch {
  const other = kind === 'missing' ? 'extra' : kind === 'extra' ? 'missing' : kind;
  return { kind: other, path, pattern, control: candidate, candidate: control };
}

/** Without the positions, which are control's. */
export function described({ kind, pattern, control, candidate }: Mismatch): string {
  return `${kind} ${pattern} ${control} ${candidate}`;
}
