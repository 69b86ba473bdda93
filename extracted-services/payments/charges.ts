/** What orders placed here were charged, and how far that has come with the gateway. */
import type { Database } from 'better-sqlite3';
import { firstOwnId } from '../shared/own-ids.ts';
import type { Payment } from './store.ts';

/**
 * `asking` and `refunding` wait for the gateway: it may or may not have done it. `void` was given up before it was asked for,
 * or before the gateway heard of it, and is never charged.
 */
export type ChargeState = 'asking' | 'charged' | 'declined' | 'refunding' | 'refunded' | 'void';

export interface Charge {
  readonly id: number;
  readonly orderId: number;
  readonly amountCents: number;
  readonly method: string;
  readonly cardLast4: string | null;
  /** The card, by the gateway's name for it. */
  readonly token: string | null;
  readonly state: ChargeState;
  readonly gatewayRef: string | null;
  readonly version: number;
  readonly createdAt: string;
  readonly updatedAt: string;
}

export type NewCharge = Pick<Charge, 'orderId' | 'amountCents' | 'method' | 'cardLast4' | 'token'>;

export type Charges = ReturnType<typeof openCharges>;

export function openCharges(db: Database) {
  db.exec(`
    CREATE TABLE IF NOT EXISTS charges (
      id           INTEGER PRIMARY KEY,
      order_id     INTEGER NOT NULL UNIQUE,
      amount_cents INTEGER NOT NULL,
      method       TEXT NOT NULL,
      card_last4   TEXT,
      token        TEXT,
      state        TEXT NOT NULL CHECK (state IN ('asking', 'charged', 'declined', 'refunding', 'refunded', 'void')),
      gateway_ref  TEXT,
      version      INTEGER NOT NULL,
      created_at   TEXT NOT NULL,
      updated_at   TEXT NOT NULL
    );
    CREATE INDEX IF NOT EXISTS charges_open ON charges (order_id) WHERE state IN ('asking', 'refunding');`);
  const columns = `
    id, order_id AS orderId, amount_cents AS amountCents, method, card_last4 AS cardLast4, token, state,
    gateway_ref AS gatewayRef, version, created_at AS createdAt, updated_at AS updatedAt`;
  const ofOrder = db.prepare<[number], Charge>(`SELECT ${columns} FROM charges WHERE order_id = ?`);
  const byId = db.prepare<[number], Charge>(`SELECT ${columns} FROM charges WHERE id = ?`);
  const open = db.prepare<[], { orderId: number }>(
    "SELECT order_id AS orderId FROM charges WHERE state IN ('asking', 'refunding') ORDER BY id",
  );
  const add = db.prepare(`
    INSERT INTO charges VALUES ((SELECT max(coalesce(max(id), 0) + 1, ${firstOwnId}) FROM charges), @orderId,
      @amountCents, @method, @cardLast4, @token, @state, NULL, 1, @at, @at)`);
  const move = db.prepare(`
    UPDATE charges SET state = @state, gateway_ref = coalesce(@ref, gateway_ref), version = version + 1, updated_at = @at
    WHERE order_id = @orderId`);

  return {
    ofOrder: (orderId: number) => ofOrder.get(orderId),
    byId: (id: number) => byId.get(id),
    add: (charge: NewCharge, state: ChargeState) => void add.run({ ...charge, state, at: new Date().toISOString() }),
    move: (orderId: number, state: ChargeState, ref: string | null = null) =>
      void move.run({ orderId, state, ref, at: new Date().toISOString() }),
    /** The orders whose charge waits for the gateway. */
    open: (): readonly number[] => open.all().map(({ orderId }) => orderId),
  };
}

/** As the API tells of it; undefined while no money has moved. */
export function paymentOf(charge: Charge | undefined): Payment | undefined {
  if (charge === undefined) return undefined;
  const { id, orderId, method, cardLast4, amountCents, version, createdAt, updatedAt } = charge;
  const told = { id, orderId, method, cardLast4, amountCents, version, createdAt, updatedAt };
  if (charge.state === 'charged') return { ...told, status: 'captured' };
  return charge.state === 'refunded' ? { ...told, status: 'refunded' } : undefined;
}
