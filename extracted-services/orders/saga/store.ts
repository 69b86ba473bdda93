/** The sagas of this service, where each of them stands, and the log of how it came there. */
import type { Database } from 'better-sqlite3';
import type { Heard, Saga } from './machine.ts';
import type { Command, SagaState } from './steps.ts';

/** What the answers of the others brought along. */
export interface Facts {
  readonly paymentId: number | null;
  /** The sku of which there was too little. */
  readonly missing: string | null;
}

export interface StoredSaga extends Saga, Facts {
  /** It is its order's. */
  readonly id: number;
  /** ms since the epoch, by when the answer is due; `null` while none is waited for. */
  readonly deadline: number | null;
  readonly createdAt: string;
  readonly updatedAt: string;
}

export interface Entry {
  readonly at: string;
  readonly heard: Heard | 'begin';
  readonly state: SagaState;
  readonly sent: Command | null;
}

/** What a list of sagas may be narrowed to. */
export const sagaFilters = ['all', 'under-way', 'stuck', 'confirmed', 'compensated'] as const;
export type SagaFilter = (typeof sagaFilters)[number];

type Row = Omit<StoredSaga, 'stuck'> & { readonly stuck: number };

export type SagaStore = ReturnType<typeof openSagas>;

export function openSagas(db: Database) {
  db.exec(`
    CREATE TABLE IF NOT EXISTS sagas (
      id         INTEGER PRIMARY KEY REFERENCES orders(id),
      state      TEXT NOT NULL,
      reason     TEXT,
      tries      INTEGER NOT NULL,
      stuck      INTEGER NOT NULL,
      payment_id INTEGER,
      missing    TEXT,
      deadline   INTEGER,
      created_at TEXT NOT NULL,
      updated_at TEXT NOT NULL
    );
    CREATE INDEX IF NOT EXISTS sagas_due ON sagas (deadline) WHERE deadline IS NOT NULL;
    CREATE TABLE IF NOT EXISTS saga_log (
      saga_id INTEGER NOT NULL REFERENCES sagas(id),
      at      TEXT NOT NULL,
      heard   TEXT NOT NULL,
      state   TEXT NOT NULL,
      sent    TEXT
    );
    CREATE INDEX IF NOT EXISTS saga_log_of ON saga_log (saga_id);`);
  const columns = `
    id, state, reason, tries, stuck, payment_id AS paymentId, missing, deadline, created_at AS createdAt,
    updated_at AS updatedAt`;
  const byId = db.prepare<[number], Row>(`SELECT ${columns} FROM sagas WHERE id = ?`);
  const narrowed = `WHERE CASE @filter WHEN 'all' THEN 1 WHEN 'stuck' THEN stuck
    WHEN 'under-way' THEN state NOT IN ('confirmed', 'compensated') ELSE state = @filter END`;
  const list = db.prepare<[{ filter: SagaFilter; limit: number }], Row>(
    `SELECT ${columns} FROM sagas ${narrowed} ORDER BY id DESC LIMIT @limit`,
  );
  const count = db.prepare<[{ filter: SagaFilter }], { total: number }>(
    `SELECT count(*) AS total FROM sagas ${narrowed}`,
  );
  const due = db.prepare<[number, number], { id: number }>(
    'SELECT id FROM sagas WHERE deadline <= ? ORDER BY deadline LIMIT ?',
  );
  const save = db.prepare(`
    INSERT INTO sagas VALUES (@id, @state, @reason, @tries, @stuck, @paymentId, @missing, @deadline, @at, @at)
    ON CONFLICT DO UPDATE SET state = excluded.state, reason = excluded.reason, tries = excluded.tries,
      stuck = excluded.stuck, payment_id = excluded.payment_id, missing = excluded.missing, deadline = excluded.deadline,
      updated_at = excluded.updated_at`);
  const log = db.prepare('INSERT INTO saga_log VALUES (@id, @at, @heard, @state, @sent)');
  const logOf = db.prepare<[number], Entry>(
    'SELECT at, heard, state, sent FROM saga_log WHERE saga_id = ? ORDER BY rowid',
  );
  const fromRow = (row: Row): StoredSaga => ({ ...row, stuck: row.stuck === 1 });

  return {
    byId(id: number): StoredSaga | undefined {
      const row = byId.get(id);
      return row && fromRow(row);
    },
    list: (filter: SagaFilter, limit: number): StoredSaga[] => list.all({ filter, limit }).map(fromRow),
    count: (filter: SagaFilter): number => count.get({ filter })!.total,
    /** Those whose answer should have come by `now`, the longest overdue first. */
    due: (now: number, limit: number): number[] => due.all(now, limit).map(({ id }) => id),
    /** Where it stands now, and a line of its log; a part of the transaction that is open. */
    save(
      id: number,
      saga: Saga & Facts & Pick<StoredSaga, 'deadline'>,
      heard: Entry['heard'],
      sent: Command | null,
    ): void {
      const at = new Date().toISOString();
      save.run({ ...saga, id, at, stuck: saga.stuck ? 1 : 0 });
      log.run({ id, at, heard, state: saga.state, sent });
    },
    log: (id: number): readonly Entry[] => logOf.all(id),
  };
}
