import { randomBytes } from 'node:crypto';
import type { Database } from 'better-sqlite3';

export interface Session {
  readonly id: string;
  readonly csrf: string;
  readonly customerId: number | null;
}

interface Row {
  readonly id: string;
  readonly csrf: string;
  readonly customer_id: number | null;
}

const token = (): string => randomBytes(24).toString('base64url');

export type Sessions = ReturnType<typeof sessionStore>;

export function sessionStore(db: Database) {
  const byId = db.prepare<[string], Row>('SELECT id, csrf, customer_id FROM sessions WHERE id = ?');
  const add = db.prepare('INSERT INTO sessions (id, csrf, created_at) VALUES (?, ?, ?)');
  const rename = db.prepare('UPDATE sessions SET id = ?, csrf = ?, customer_id = ? WHERE id = ?');
  const remove = db.prepare('DELETE FROM sessions WHERE id = ?');
  const leaveNotice = db.prepare('UPDATE sessions SET notice = ? WHERE id = ?');
  const notice = db.prepare<[string], { notice: string | null }>('SELECT notice FROM sessions WHERE id = ?');

  return {
    byId(id: string): Session | undefined {
      const row = byId.get(id);
      return row && { id: row.id, csrf: row.csrf, customerId: row.customer_id };
    },
    start(): Session {
      const session = { id: token(), csrf: token(), customerId: null };
      add.run(session.id, session.csrf, new Date().toISOString());
      return session;
    },
    /** A new id for the same cart: whoever planted the old id is not logged in with it. */
    logIn(session: Session, customerId: number): Session {
      const fresh = { id: token(), csrf: token(), customerId };
      rename.run(fresh.id, fresh.csrf, customerId, session.id);
      return fresh;
    },
    end(session: Session): void {
      remove.run(session.id);
    },
    /** A sentence for the next page that the visitor sees, once. */
    leaveNotice(session: Session, sentence: string): void {
      leaveNotice.run(sentence, session.id);
    },
    takeNotice(session: Session): string | null {
      const left = notice.get(session.id)?.notice ?? null;
      if (left !== null) leaveNotice.run(null, session.id);
      return left;
    },
  };
}
