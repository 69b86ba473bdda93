/** The paths by which orders are placed and taken back, and what the caller is told of how that went. */
import type { Context, Hono } from 'hono';
import { ApiError, publicOrigin, written } from '../shared/answer.ts';
import { rowNumber } from '../shared/app.ts';
import { readJson } from '../shared/body.ts';
import { idempotencyKey } from '../shared/idempotency.ts';
import type { PresentOrder } from './app.ts';
import { wantedOrder } from './input.ts';
import type { OrdersPart } from './part.ts';
import type { StoredSaga } from './saga/store.ts';
import type { OrderStore } from './store.ts';

export function placingPaths(app: Hono, store: OrderStore, part: OrdersPart | null, present: PresentOrder): void {
  const taking = (): OrdersPart => {
    if (part !== null) return part;
    throw new ApiError(
      503,
      'takes_no_orders',
      'This service takes no orders of its own: it was started without --bus.',
    );
  };
  const tell = (c: Context, { id }: StoredSaga, status: 200 | 201 | 202): Response => {
    const origin = publicOrigin(c);
    if (status !== 200) c.header('Location', `${origin}/api/orders/${id}`);
    if (status === 202) c.header('Retry-After', '1');
    return written(c, present(store.byId(id)!, origin), status);
  };

  app.post('/orders', async (c) => {
    const orders = taking();
    const saga = await orders.place(await readJson(c, wantedOrder), idempotencyKey(c));
    const refusal = refusalOf(saga, store);
    if (refusal === null) return tell(c, saga, isUnderWay(saga) ? 202 : 201);
    throw refusal;
  });

  app.post('/orders/:id/cancel', async (c) => {
    const saga = await taking().cancel(rowNumber(c.req.param('id')));
    return tell(c, saga, saga.state === 'compensated' ? 200 : 202);
  });
}

/** On its way back because of a cancellation, it was placed all the same. */
const isUnderWay = ({ state, reason }: StoredSaga): boolean =>
  state !== 'confirmed' && state !== 'compensated' && reason !== 'cancelled';

function refusalOf({ id, state, reason, missing }: StoredSaga, store: OrderStore): ApiError | null {
  if (state !== 'compensated') return null;
  switch (reason) {
    case 'out_of_stock': {
      const line = store.byId(id)!.lines.find(({ sku }) => sku === missing);
      const what = line ? `${line.quantity} × ${line.name} (${line.sku})` : 'What you ordered';
      return new ApiError(409, 'out_of_stock', `${what} is more than there is.`);
    }
    case 'payment_declined':
      return new ApiError(402, 'payment_declined', 'The card was declined.');
    case 'payment_unanswered':
      return new ApiError(
        503,
        'payment_unavailable',
        'The payment got no answer in time: it was taken back, and nothing was ordered.',
      );
    case 'stock_unanswered':
      return new ApiError(503, 'stock_unavailable', 'The stock got no answer in time: nothing was ordered or charged.');
    case 'cancelled':
    case null:
      return null;
  }
}
