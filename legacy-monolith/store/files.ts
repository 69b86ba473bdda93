import { createHash, randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Database } from 'better-sqlite3';

export interface StoredFile {
  readonly id: string;
  readonly orderId: number;
  readonly filename: string;
  readonly contentType: string;
  readonly size: number;
  readonly sha256: string;
  readonly createdAt: string;
}

export interface Upload {
  readonly orderId: number;
  readonly filename: string;
  readonly contentType: string;
  readonly content: AsyncIterable<Buffer>;
}

const columns = 'id, order_id AS orderId, filename, content_type AS contentType, size, sha256, created_at AS createdAt';

export type Files = ReturnType<typeof fileStore>;

/** The rows are in the one database, the bytes beside it in `directory`. */
export function fileStore(db: Database, directory: string) {
  const byId = db.prepare<[string], StoredFile>(`SELECT ${columns} FROM files WHERE id = ?`);
  const ofOrder = db.prepare<[number], StoredFile>(
    `SELECT ${columns} FROM files WHERE order_id = ? ORDER BY created_at`,
  );
  const add = db.prepare(`
    INSERT INTO files (id, order_id, filename, content_type, size, sha256, created_at)
    VALUES (@id, @orderId, @filename, @contentType, @size, @sha256, @createdAt)`);

  return {
    byId: (id: string) => byId.get(id),
    ofOrder: (orderId: number) => ofOrder.all(orderId),
    pathOf: (file: StoredFile): string => join(directory, file.id),
    /** Streams to disk; a broken upload leaves neither row nor file. */
    async keep({ content, ...upload }: Upload): Promise<StoredFile> {
      await mkdir(directory, { recursive: true });
      const id = randomUUID();
      const arriving = join(directory, `${id}.part`);
      const digest = createHash('sha256');
      let size = 0;
      const measured = async function* (): AsyncGenerator<Buffer> {
        for await (const chunk of content) {
          digest.update(chunk);
          size += chunk.length;
          yield chunk;
        }
      };
      try {
        await pipeline(measured, createWriteStream(arriving));
        await rename(arriving, join(directory, id));
      } catch (error) {
        await rm(arriving, { force: true });
        throw error;
      }
      const file = { ...upload, id, size, sha256: digest.digest('hex'), createdAt: new Date().toISOString() };
      add.run(file);
      return file;
    },
  };
}
