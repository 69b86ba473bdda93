/** The gateway's books: what was charged, and what was given back, each by the key that its merchant gave it. */
import { randomUUID } from 'node:crypto';
import type { Database } from 'better-sqlite3';
import { inTransaction } from '../shared/transaction.ts';

export interface Charge {
  readonly key: string;
  readonly amountCents: number;
  /** `void`: taken back before it was charged, so that it never will be. */
  readonly state: 'charged' | 'declined' | 'refunded' | 'void';
  readonly ref: string;
  /** How often it was asked for; it was made once at most. */
  readonly asked: number;
}

export interface WantedCharge {
  readonly key: string;
  readonly amountCents: number;
  /** A card, by what {@link Ledger.keepCard} gave for it; null: an invoice. */
  readonly token: string | null;
}

export type Ledger = ReturnType<typeof openLedger>;

export function openLedger(db: Database) {
  db.exec(`
    CREATE TABLE IF NOT EXISTS cards (
      token    TEXT PRIMARY KEY,
      last4    TEXT NOT NULL,
      declines INTEGER NOT NULL
    );
    CREATE TABLE IF NOT EXISTS charges (
      key          TEXT PRIMARY KEY,
      amount_cents INTEGER NOT NULL,
      token        TEXT,
      state        TEXT NOT NULL CHECK (state IN ('charged', 'declined', 'refunded', 'void')),
      ref          TEXT NOT NULL,
      asked        INTEGER NOT NULL,
      refund_asked INTEGER NOT NULL DEFAULT 0
    );`);
  const columns = 'key, amount_cents AS amountCents, state, ref, asked';
  const find = db.prepare<[string], Charge & { token: string | null }>(
    `SELECT ${columns}, token FROM charges WHERE key = ?`,
  );
  const add = db.prepare(
    'INSERT INTO charges (key, amount_cents, token, state, ref, asked) VALUES (@key, @amountCents, @token, @state, @ref, @asked)',
  );
  const askedAgain = db.prepare('UPDATE charges SET asked = asked + 1 WHERE key = ?');
  const takeBack = db.prepare(`
    UPDATE charges SET refund_asked = refund_asked + 1,
      state = CASE state WHEN 'charged' THEN 'refunded' WHEN 'declined' THEN 'void' ELSE state END
    WHERE key = ?`);
  const all = db.prepare<[], Charge>(`SELECT ${columns} FROM charges ORDER BY rowid`);
  const addCard = db.prepare('INSERT INTO cards VALUES (?, ?, ?)');
  const card = db.prepare<[string], { declines: number }>('SELECT declines FROM cards WHERE token = ?');

  return {
    /** The number itself is kept nowhere. */
    keepCard(number: string): string {
      const token = `card_${randomUUID()}`;
      // The test card of the sandbox, as the monolith knows it.
      addCard.run(token, number.slice(-4), number.endsWith('0000') ? 1 : 0);
      return token;
    },
    knowsCard: (token: string): boolean => card.get(token) !== undefined,
    /** Charges once for each key. `null`: the key came with something else before. */
    charge: inTransaction(db, ({ key, amountCents, token }: WantedCharge, declining: boolean): Charge | null => {
      const known = find.get(key);
      if (known !== undefined) {
        askedAgain.run(key);
        const same = known.amountCents === amountCents && known.token === token;
        return same || known.state === 'void' ? { ...known, asked: known.asked + 1 } : null;
      }
      const declines = declining || (token !== null && card.get(token)!.declines === 1);
      const state = declines ? 'declined' : 'charged';
      const charge = { key, amountCents, state, ref: `ch_${randomUUID()}`, asked: 1 } as const;
      add.run({ ...charge, token });
      return charge;
    }),
    /** Gives back what was charged; what wasn't yet can't be any more. */
    refund: inTransaction(db, (key: string): Charge => {
      if (find.get(key) === undefined) {
        add.run({ key, amountCents: 0, token: null, state: 'void', ref: `ch_${randomUUID()}`, asked: 0 });
      }
      takeBack.run(key);
      return find.get(key)!;
    }),
    charges: (): readonly Charge[] => all.all(),
    count: (): number => all.all().length,
  };
}
