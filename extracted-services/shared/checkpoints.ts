import type { Database } from 'better-sqlite3';

/** How far a service has read one kind of thing from the monolith. */
export interface Checkpoint {
  /** Behind the last row that was stored. */
  readonly cursor: string;
  /** Rows that were stored on the way there. */
  readonly rows: number;
  /** When the newest of them was changed, as an ISO time; '' before the first one. */
  readonly newest: string;
  /** The end was reached once; from then on only changes are read. */
  readonly complete: boolean;
}

type Row = Omit<Checkpoint, 'complete'> & { readonly complete: 0 | 1 };

export type Checkpoints = ReturnType<typeof openCheckpoints>;

/** In the service's own database, so that a batch and how far it leads are one transaction: both are there, or neither. */
export function openCheckpoints(db: Database) {
  db.exec(`
    CREATE TABLE IF NOT EXISTS checkpoints (
      kind     TEXT PRIMARY KEY,
      cursor   TEXT NOT NULL,
      rows     INTEGER NOT NULL,
      newest   TEXT NOT NULL,
      complete INTEGER NOT NULL
    );`);
  const of = db.prepare<[string], Row>('SELECT cursor, rows, newest, complete FROM checkpoints WHERE kind = ?');
  const save = db.prepare<Row & { kind: string }>(`
    INSERT INTO checkpoints VALUES (@kind, @cursor, @rows, @newest, @complete)
    ON CONFLICT DO UPDATE SET cursor = excluded.cursor, rows = excluded.rows, newest = excluded.newest,
      complete = excluded.complete`);
  const forget = db.prepare<[string]>('DELETE FROM checkpoints WHERE kind = ?');

  const read = (kind: string): Checkpoint | undefined => {
    const row = of.get(kind);
    return row && { ...row, complete: row.complete === 1 };
  };
  return {
    of: read,
    /** False, with nothing done, when another process has moved on from `from` meanwhile. Wants an open transaction. */
    move(kind: string, from: Checkpoint | undefined, to: Checkpoint): boolean {
      if (read(kind)?.cursor !== from?.cursor) return false;
      save.run({ kind, ...to, complete: to.complete ? 1 : 0 });
      return true;
    },
    forget: (kind: string) => void forget.run(kind),
  };
}
