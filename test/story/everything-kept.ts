import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliDecompressSync, gunzipSync, inflateRawSync, inflateSync } from 'node:zlib';
import { Sqlite } from '../../example/process/sqlite.ts';

/**
 * All that a folder holds, as text: each file byte by byte, and every cell of every database in it, unpacked where
 * it is packed. What is not in this text was not kept.
 */
export function everythingKept(folder: string): string {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = files.map((entry) => join(entry.parentPath, entry.name));
  const raw = paths.map((path) => readFileSync(path, 'latin1'));
  const cells = paths.filter((path) => path.endsWith('.db')).flatMap(cellsOf);
  return [...raw, ...cells].join('\n');
}

function cellsOf(path: string): string[] {
  const database = new Sqlite(path, { readonly: true });
  try {
    const tables = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").pluck().all() as string[];
    return tables.flatMap((table) =>
      database
        .prepare(`SELECT * FROM "${table}"`)
        .raw()
        .all()
        .flatMap((row) => (row as unknown[]).flatMap(textsOf)),
    );
  } finally {
    database.close();
  }
}

function textsOf(cell: unknown): string[] {
  if (!Buffer.isBuffer(cell)) return [String(cell)];
  const unpacked = [gunzipSync, inflateSync, inflateRawSync, brotliDecompressSync].flatMap((unpack) => {
    try {
      return [unpack(cell).toString()];
    } catch {
      return [];
    }
  });
  return [cell.toString(), ...unpacked];
}
