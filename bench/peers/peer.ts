import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../places.ts';
import type { Command } from '../processes.ts';

/** Where one proxy is to stand. */
export interface Site {
  readonly port: number;
  readonly targetPort: number;
  /** An empty folder of its own. */
  readonly folder: string;
}

/** A proxy that can be measured. */
export interface Peer {
  readonly name: string;
  /** What is installed here, or `null`. */
  version(): string | null;
  /** Writes what it needs into the folder of its site. */
  command(site: Site): Command | Promise<Command>;
}

/** The first match of `pattern` in what the program says about itself; `null` when there is no such program. */
export function versionOf(file: string, args: readonly string[], pattern: RegExp): string | null {
  // nginx tells its version on stderr, and wrk ends with 1 after it has told its own.
  const { stdout, stderr } = spawnSync(file, args, { encoding: 'utf8' });
  return pattern.exec(`${stdout}${stderr}`)?.[1] ?? null;
}

export function packageVersion(name: string): string | null {
  try {
    const text = readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8');
    return (JSON.parse(text) as { version: string }).version;
  } catch {
    return null;
  }
}
