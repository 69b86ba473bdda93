/**
 * What a service has been told already. A bus hands every event out at least once, so that each may come again; the
 * note that it was had is written in the same transaction as what it led to.
 */
import type { Database } from 'better-sqlite3';
import type { CloudEvent } from '../../src/domain/cloud-event.ts';
import { inTransaction } from './transaction.ts';

export type Inbox = ReturnType<typeof openInbox>;

export function openInbox(db: Database) {
  db.exec(`
    CREATE TABLE IF NOT EXISTS inbox (
      source TEXT NOT NULL,
      id     TEXT NOT NULL,
      times  INTEGER NOT NULL DEFAULT 1,
      at     TEXT NOT NULL,
      PRIMARY KEY (source, id)
    ) WITHOUT ROWID;`);
  const note = db.prepare<[string, string, string], { times: number }>(`
    INSERT INTO inbox (source, id, at) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET times = times + 1 RETURNING times`);
  const counts = db.prepare<[], { events: number; absorbed: number }>(
    'SELECT count(*) AS events, coalesce(sum(times - 1), 0) AS absorbed FROM inbox',
  );
  const forget = db.prepare<[string]>('DELETE FROM inbox WHERE at < ?');

  return {
    /** False: it was had before, and nothing has been done. When `effect` throws, it wasn't had. */
    once: inTransaction(db, (event: CloudEvent, effect: () => void): boolean => {
      if (note.get(event.source, event.id, new Date().toISOString())!.times > 1) return false;
      effect();
      return true;
    }),
    /** How many events were had, and how often one came again. */
    counts: () => counts.get()!,
    /** Events from before `time` (ISO) are not known any more; whatever the bus still keeps has to be. */
    forgetBefore: (time: string) => void forget.run(time),
  };
}
