import type { Database } from 'better-sqlite3';
import { passwordMatches } from '../data/passwords.ts';

export interface Customer {
  readonly id: number;
  readonly name: string;
  readonly email: string;
}

type Row = Customer & { readonly password_salt: string; readonly password_hash: string };

export type Customers = ReturnType<typeof customerStore>;

export function customerStore(db: Database) {
  const byId = db.prepare<[number], Customer>('SELECT id, name, email FROM customers WHERE id = ?');
  const byEmail = db.prepare<[string], Row>('SELECT * FROM customers WHERE email = ?');

  return {
    byId: (id: number) => byId.get(id),
    byCredentials(email: string, password: string): Customer | undefined {
      const row = byEmail.get(email.trim().toLowerCase());
      if (!row || !passwordMatches(password, { salt: row.password_salt, hash: row.password_hash })) return undefined;
      return { id: row.id, name: row.name, email: row.email };
    },
  };
}
