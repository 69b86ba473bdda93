import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** This file is `dist/bench/places.js` when it runs. */
export const root = fileURLToPath(new URL('../../', import.meta.url));

export function program(name: string): string {
  return fileURLToPath(new URL(`./programs/${name}.js`, import.meta.url));
}

/** A folder for one run's configuration files, gone when the process is. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'strangler-bench-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** The benchmark of comparing JSON. */
export const comparer = fileURLToPath(new URL('./compare.js', import.meta.url));

/** The micro-benchmark of route matching. */
export const matching = fileURLToPath(new URL('./match.js', import.meta.url));
