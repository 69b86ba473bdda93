/**
 * Writes that may be sent twice (draft-ietf-httpapi-idempotency-key-header): the same key with the same body is the same
 * write, with another body it is a mistake.
 */
import { createHash } from 'node:crypto';
import type { Database } from 'better-sqlite3';
import type { Context } from 'hono';
import { ApiError } from './answer.ts';

/** The request's key; `null` when it has none. */
export function idempotencyKey(c: Context): string | null {
  const field = c.req.header('idempotency-key');
  if (field === undefined) return null;
  // The draft writes it as a quoted string; most clients send it bare.
  const key = /^"(.*)"$/.exec(field)?.[1] ?? field;
  if (/^[\x21-\x7e]{1,255}$/.test(key)) return key;
  throw new ApiError(400, 'bad_idempotency_key', 'Idempotency-Key has to be 1 to 255 printable characters.');
}

/** What was asked for, as a short text; what must not be kept has been taken out of `wanted` before. */
export const fingerprintOf = (wanted: unknown): string =>
  createHash('sha256').update(JSON.stringify(wanted)).digest('base64url');

export type IdempotencyKeys = ReturnType<typeof openIdempotencyKeys>;

export function openIdempotencyKeys(db: Database) {
  db.exec(`
    CREATE TABLE IF NOT EXISTS idempotency_keys (
      key         TEXT PRIMARY KEY,
      fingerprint TEXT NOT NULL,
      led_to      INTEGER NOT NULL,
      at          TEXT NOT NULL
    ) WITHOUT ROWID;`);
  const find = db.prepare<[string], { fingerprint: string; ledTo: number }>(
    'SELECT fingerprint, led_to AS ledTo FROM idempotency_keys WHERE key = ?',
  );
  const keep = db.prepare<[string, string, number, string]>('INSERT INTO idempotency_keys VALUES (?, ?, ?, ?)');

  return {
    /** The id of what the key led to before; `null` when it is new. Throws 422 when it came with something else. */
    find(key: string, fingerprint: string): number | null {
      const found = find.get(key);
      if (found === undefined) return null;
      if (found.fingerprint === fingerprint) return found.ledTo;
      throw new ApiError(422, 'idempotency_key_reused', 'This Idempotency-Key came with another request before.');
    },
    /** Belongs to the transaction that makes what it leads to. */
    keep: (key: string, fingerprint: string, id: number) =>
      void keep.run(key, fingerprint, id, new Date().toISOString()),
  };
}
