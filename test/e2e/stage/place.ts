import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Place {
  readonly path: string;
  of(...names: string[]): string;
  remove(): void;
}

/** A folder of one test's own. */
export function makePlace(name: string): Place {
  const path = mkdtempSync(join(tmpdir(), `strangler-e2e-${name}-`));
  return {
    path,
    of: (...names) => join(path, ...names),
    remove: () => rmSync(path, { recursive: true, force: true, maxRetries: 3 }),
  };
}
