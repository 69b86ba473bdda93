import { orEnvironment, textLeaf, Unacceptable } from './leaf.ts';
import { quote } from './problem.ts';

/** Ids and names become metric labels, header values and command-line arguments. */
const plainName = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;

export function name(kind: string) {
  return textLeaf(
    kind,
    (written) => {
      if (plainName.test(written)) return written;
      throw new Unacceptable(`${quote(written)} is not ${kind}: letters, digits, ".", "_" and "-", at most 100`);
    },
    { pattern: orEnvironment(plainName.source) },
  );
}
