/**
 * A payment provider's sandbox: charges and refunds by idempotency key, and moods that tell it to misbehave as real ones
 * do now and then (`PUT /mood/hang`).
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Context, Hono } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import * as z from 'zod';
import { ApiError, answerError } from '../shared/answer.ts';
import { readJson } from '../shared/body.ts';
import { idempotencyKey } from '../shared/idempotency.ts';
import type { Charge, Ledger } from './ledger.ts';

export const moods = ['normal', 'decline', 'hang', 'twice'] as const;
export type Mood = (typeof moods)[number];

const wantedCard = z.object({ number: z.string().regex(/^\d{12,19}$/, 'not a card number') });
const wantedCharge = z.object({ amountCents: z.number().int().nonnegative(), token: z.string().nullable() });
const wantedRefund = z.object({ charge: z.string().min(1).max(255) });

type Env = { Bindings: { incoming: IncomingMessage; outgoing: ServerResponse } };

export interface Gateway {
  readonly app: Hono<Env>;
  /** Lets those go whom it has kept waiting: their connections end without an answer. */
  letGo(): void;
}

export function gatewayApp(ledger: Ledger, first: Mood = 'normal'): Gateway {
  let mood = first;
  const waiting = new Set<ServerResponse>();
  const letGo = (): void => {
    for (const response of waiting) response.destroy();
    waiting.clear();
  };

  const app = new Hono<Env>();
  app.get('/healthz', (c) => c.json({ status: 'ok', service: 'gateway', mood, rows: ledger.count() }));
  app.get('/ledger', (c) => c.json({ charges: ledger.charges() }));
  app.put('/mood/:mood', (c) => {
    const wished = moods.find((known) => known === c.req.param('mood'));
    if (wished === undefined) throw new ApiError(404, 'not_found', `Moods are ${moods.join(', ')}.`);
    mood = wished;
    if (mood !== 'hang') letGo();
    return c.json({ mood });
  });

  app.post('/cards', async (c) => {
    const { number } = await readJson(c, wantedCard);
    return c.json({ token: ledger.keepCard(number), last4: number.slice(-4) }, 201);
  });

  app.post('/charges', async (c) => {
    const key = idempotencyKey(c);
    if (key === null) throw new ApiError(400, 'no_idempotency_key', 'A charge needs an Idempotency-Key.');
    const wanted = { key, ...(await readJson(c, wantedCharge)) };
    if (wanted.token !== null && !ledger.knowsCard(wanted.token)) {
      throw new ApiError(422, 'unknown_card', 'There is no such card.');
    }
    const charge = ledger.charge(wanted, mood === 'decline');
    if (charge === null) {
      throw new ApiError(422, 'idempotency_key_reused', 'This Idempotency-Key came with another charge before.');
    }
    // The worst way to hang: the money is taken, and nobody is told.
    if (mood === 'hang') return hang(c.env.outgoing);
    if (mood === 'twice') {
      ledger.charge(wanted, false);
      sayAgain(c, charge);
    }
    return c.json(charge, statusOf(charge));
  });

  app.post('/refunds', async (c) => c.json(ledger.refund((await readJson(c, wantedRefund)).charge)));

  app.notFound((c) => answerError(c, new ApiError(404, 'not_found', `There is nothing at ${c.req.path}.`)));
  app.onError((error, c) => {
    if (error instanceof ApiError) return answerError(c, error);
    console.error('gateway:', error);
    return answerError(c, new ApiError(500, 'internal_error', 'Something broke on our side.'));
  });

  function hang(response: ServerResponse): Promise<Response> {
    waiting.add(response);
    response.once('close', () => waiting.delete(response));
    return new Promise(() => {});
  }

  return { app, letGo };
}

const statusOf = ({ state }: Charge): ContentfulStatusCode =>
  state === 'charged' ? 201 : state === 'declined' ? 402 : 409;

/** The same answer a second time on the same connection, for which nobody has asked; ahead of whoever ends the connection. */
function sayAgain(c: Context<Env>, charge: Charge): void {
  const { outgoing, incoming } = c.env;
  const text = JSON.stringify(charge);
  outgoing.prependOnceListener('finish', () => {
    incoming.socket.write(
      `HTTP/1.1 ${statusOf(charge)} Again\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`,
    );
  });
}
