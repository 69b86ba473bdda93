import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe } from 'vitest';

/** A program or file that a test can't do without, and the Debian package (or command) that brings it. */
export interface Need {
  readonly path: string | null;
  readonly what: string;
  readonly from: string;
}

/** Servers live in sbin, which is not on everybody's PATH. */
const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'];

export function program(name: string, from: string): Need {
  const path = folders.map((folder) => join(folder, name)).find(isExecutable) ?? null;
  return { path, what: name, from };
}

export function file(path: string, from: string): Need {
  return { path: existsSync(path) ? path : null, what: path, from };
}

/**
 * Runs the tests where everything needed is there, else skips them and says so in their title and on stderr.
 * With STRANGLER_E2E=required, as in CI, something missing is a failure: nothing is left out unnoticed there.
 */
export function describeWith(needs: readonly Need[], title: string, body: () => void): void {
  const missing = needs.filter(({ path }) => path === null).map(({ what, from }) => `${what} (${from})`);
  if (missing.length === 0) {
    describe(title, body);
    return;
  }
  const reason = `missing: ${missing.join(', ')}`;
  if (process.env.STRANGLER_E2E === 'required') throw new Error(`${title}: ${reason}`);
  console.warn(`SKIPPED ${title}: ${reason}`);
  describe.skip(`${title} [skipped, ${reason}]`, body);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
