/**
 * Leads every order from its placing to one of its two ends. Each move is one transaction: where the saga stands, its log, the
 * order's status, and the command that goes out. So a process killed at any point goes on from the last move.
 */
import type { Database } from 'better-sqlite3';
import type { Outbox } from '../../shared/outbox.ts';
import { inTransaction } from '../../shared/transaction.ts';
import type { OrderStore } from '../store.ts';
import { begun, type Heard, type Next, next } from './machine.ts';
import { type Command, hasEnded, patienceOf } from './steps.ts';
import { type Facts, openSagas, type SagaStore, type StoredSaga } from './store.ts';

/** What the charge is made by; a card is known by the gateway's name for it only. */
export interface PaymentMeans {
  readonly method: 'card' | 'invoice';
  readonly cardLast4: string | null;
  readonly token: string | null;
}

export interface OrchestratorOptions {
  /** ms for each step. */
  readonly stepTimeout: number;
  /** ms between two looks at what is overdue. */
  readonly every?: number;
}

export type Orchestrator = ReturnType<typeof startOrchestrator>;

const atATime = 200;

export function startOrchestrator(
  { db, orders, outbox }: { db: Database; orders: OrderStore; outbox: Pick<Outbox, 'add'> },
  { stepTimeout, every = 100 }: OrchestratorOptions,
) {
  const sagas: SagaStore = openSagas(db);
  db.exec('CREATE TABLE IF NOT EXISTS payment_means (order_id INTEGER PRIMARY KEY, means TEXT NOT NULL)');
  const keepMeans = db.prepare<[number, string]>('INSERT INTO payment_means VALUES (?, ?)');
  const meansOf = db.prepare<[number], { means: string }>('SELECT means FROM payment_means WHERE order_id = ?');
  const waiting = new Map<number, Set<() => void>>();
  let isLettingGo = false;

  const tellWaiting = (id: number): void => {
    for (const look of waiting.get(id) ?? []) look();
  };

  const send = (id: number, command: Command): void => {
    const order = orders.byId(id)!;
    const more =
      command === 'inventory.reserve'
        ? { items: order.lines.map(({ sku, quantity }) => ({ sku, quantity })) }
        : command === 'payment.charge'
          ? { amountCents: order.totalCents, ...(JSON.parse(meansOf.get(id)!.means) as PaymentMeans) }
          : {};
    outbox.add({ type: command, subject: `orders/${id}`, data: { orderId: id, ...more } });
  };

  const move = (id: number, { saga, command }: Next, heard: Heard | 'begin', facts: Facts): void => {
    const deadline = command === null ? null : Date.now() + patienceOf(stepTimeout, saga.tries);
    sagas.save(id, { ...saga, ...facts, deadline }, heard, command);
    if (command !== null) send(id, command);
    if (!hasEnded(saga.state)) return;
    orders.settle(id, saga.state === 'confirmed' ? 'paid' : 'cancelled', facts.paymentId);
    // By then the transaction has come to its end.
    setImmediate(tellWaiting, id);
  };

  /** False: it says nothing to this saga. */
  const hear = inTransaction(db, (id: number, heard: Heard, facts: Partial<Facts> = {}): boolean => {
    const saga = sagas.byId(id);
    const following = saga && next(saga, heard);
    if (!following) return false;
    const { paymentId, missing } = { ...saga, ...facts };
    move(id, following, heard, { paymentId, missing });
    return true;
  });

  const timer = setInterval(() => {
    try {
      for (const id of sagas.due(Date.now(), atATime)) hear(id, 'timeout');
    } catch (error) {
      console.error(`orders: ${(error as Error).message}`);
    }
  }, every);

  return {
    sagas,
    /** Begins the saga of an order; a part of the transaction that adds it. */
    begin(id: number, means: PaymentMeans): void {
      keepMeans.run(id, JSON.stringify(means));
      move(id, begun, 'begin', { paymentId: null, missing: null });
    },
    hear,
    /** The saga as soon as it has ended, and as it is then after `patience` ms, or when everybody is let go. */
    settled(id: number, patience: number): Promise<StoredSaga> {
      return new Promise((resolve) => {
        const looks = waiting.get(id) ?? new Set();
        waiting.set(id, looks);
        const end = (): void => {
          clearTimeout(impatience);
          looks.delete(end);
          if (looks.size === 0 && waiting.get(id) === looks) waiting.delete(id);
          resolve(sagas.byId(id)!);
        };
        const impatience = setTimeout(end, patience);
        looks.add(end);
        if (isLettingGo || hasEnded(sagas.byId(id)!.state)) end();
      });
    },
    /** Nobody waits any more: those who do now, and those whose order is only being placed. */
    letGo(): void {
      isLettingGo = true;
      for (const id of [...waiting.keys()]) tellWaiting(id);
    },
    stop: () => clearInterval(timer),
  };
}
