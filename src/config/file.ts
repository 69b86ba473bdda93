import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { open } from 'node:fs/promises';

type FileBytes =
  | { readonly ok: true; readonly bytes: Buffer; readonly modifiedAt: number }
  | { readonly ok: false; readonly why: string };

/** Some 50,000 routes: a larger file is a mistake, and reading it would hold up the good one that follows. */
const mostBytes = 4 * 1024 * 1024;

export async function readFileBytes(file: string): Promise<FileBytes> {
  try {
    const handle = await open(file, 'r');
    try {
      const { size, mtimeMs } = await handle.stat();
      if (size > mostBytes) return { ok: false, why: `is larger than ${mostBytes / 1024 / 1024} MiB` };
      return { ok: true, bytes: await handle.readFile(), modifiedAt: mtimeMs };
    } finally {
      await handle.close();
    }
  } catch (error) {
    return { ok: false, why: `cannot be read: ${sayReadError(error)}` };
  }
}

const readErrors: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'permission denied',
  EISDIR: 'it is a directory',
};

export function sayReadError(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return readErrors[code] ?? (error instanceof Error ? error.message : String(error));
}

/** The text of a file that routes.yaml names; `null` when it can't be read. */
export type NamedFiles = ReadonlyMap<string, string | null>;

/** One word for a file and everything that it names: two loads with one digest mean the same. */
export function digestOf(bytes: Uint8Array | null, named: NamedFiles): string {
  const hash = createHash('sha256');
  const add = (part: Uint8Array | string | null): void => {
    // The lengths keep "ab" + "c" apart from "a" + "bc".
    hash.update(part === null ? 'absent' : `${Buffer.byteLength(part)}:`).update(part ?? '');
  };
  add(bytes);
  for (const [path, text] of named) {
    add(path);
    add(text);
  }
  return hash.digest('hex');
}

/** Of a file that can't be read. */
export const digestOfNothing = digestOf(null, new Map());

/** The digest that loading a file now would give, without loading it. */
export async function digestOfFiles(file: string, named: readonly string[]): Promise<string> {
  const read = await readFileBytes(file);
  const texts = named.map((path): [string, string | null] => {
    try {
      return [path, readFileSync(path, 'utf8')];
    } catch {
      return [path, null];
    }
  });
  return digestOf(read.ok ? read.bytes : null, new Map(texts));
}
