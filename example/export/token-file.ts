import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const file = (folder: string): string => join(folder, 'export.token');

/** The token that the example's processes share: `EXPORT_TOKEN`, else one in the data's folder, made the first time. */
export function ensureExportToken(folder: string): string {
  const known = knownExportToken(folder);
  if (known !== undefined) return known;
  mkdirSync(folder, { recursive: true });
  const token = randomBytes(24).toString('base64url');
  try {
    // Not a word of it for other users of the machine; `wx`: who comes second takes what the first one made.
    writeFileSync(file(folder), `${token}\n`, { mode: 0o600, flag: 'wx' });
    return token;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return knownExportToken(folder) ?? token;
  }
}

/** `undefined` where nobody has made one yet. */
export function knownExportToken(folder: string): string | undefined {
  if (process.env.EXPORT_TOKEN) return process.env.EXPORT_TOKEN;
  try {
    return readFileSync(file(folder), 'utf8').trim() || undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
