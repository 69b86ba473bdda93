/**
 * Deals with the gateway for every charge that waits for it, and goes on where it was after a restart. The gateway knows each
 * charge by a key of its order, so that asking again, however often, never charges twice.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { CallFailed, type ServiceClient } from '../shared/client.ts';
import type { Charge } from './charges.ts';

export interface GatewayAnswer {
  readonly state: 'charged' | 'declined' | 'refunded' | 'void';
  readonly ref: string | null;
}

export interface Collected {
  charge(orderId: number): Charge | undefined;
  /** The gateway has answered. What was asked for may have changed meanwhile. */
  charged(orderId: number, answer: GatewayAnswer): void;
  refunded(orderId: number, answer: GatewayAnswer): void;
}

const [shortestPause, longestPause] = [500, 10_000];
export const gatewayKey = (orderId: number): string => `order-${orderId}`;

export function collector(gateway: ServiceClient, books: Collected) {
  const jobs = new Map<number, { readonly done: Promise<void>; superseded: AbortController }>();
  let stopped = false;

  const deal = async (charge: Charge, signal: AbortSignal): Promise<void> => {
    const { orderId, amountCents, token, state } = charge;
    const key = gatewayKey(orderId);
    if (state === 'asking') {
      const path = '/charges';
      const answer = await gateway.call({
        method: 'POST',
        path,
        idempotencyKey: key,
        body: { amountCents, token },
        signal,
      });
      books.charged(orderId, chargeAnswer(answer.status, answer.body, key));
    } else {
      const answer = await gateway.call({
        method: 'POST',
        path: '/refunds',
        idempotencyKey: `refund-${key}`,
        body: { charge: key },
        signal,
      });
      if (answer.status !== 200) throw new CallFailed(`the gateway answered ${answer.status} to a refund`, true);
      books.refunded(orderId, told(answer.body, key));
    }
  };

  const work = async (orderId: number): Promise<void> => {
    for (let wait = shortestPause; !stopped; wait = Math.min(wait * 2, longestPause)) {
      const charge = books.charge(orderId);
      if (charge === undefined || (charge.state !== 'asking' && charge.state !== 'refunding')) return;
      const superseded = new AbortController();
      jobs.get(orderId)!.superseded = superseded;
      try {
        await deal(charge, superseded.signal);
      } catch (error) {
        if (superseded.signal.aborted) continue;
        // A circuit that is open has been spoken of by what opened it.
        if (!(error instanceof CallFailed) || error.passing) {
          console.error(`payments: order ${orderId}: ${(error as Error).message}`);
        }
        await pause(wait, undefined, { signal: superseded.signal }).catch(() => {});
      }
    }
  };

  const take = (orderId: number): void => {
    if (stopped) return;
    const running = jobs.get(orderId);
    // What it asks for has been overtaken: a refund doesn't wait behind a charge that hangs.
    if (running !== undefined) {
      running.superseded.abort(new Error('superseded'));
      return;
    }
    const superseded = new AbortController();
    const done = Promise.resolve()
      .then(() => work(orderId))
      .finally(() => jobs.delete(orderId));
    jobs.set(orderId, { done, superseded });
  };

  return {
    /** Something about this order's charge has changed; called when that is committed. */
    take,
    async stop() {
      stopped = true;
      const running = [...jobs.values()];
      for (const { superseded } of running) superseded.abort(new Error('stopped'));
      await Promise.all(running.map(({ done }) => done));
      await gateway.close();
    },
  };
}

function chargeAnswer(status: number, body: unknown, key: string): GatewayAnswer {
  if (status === 201 || status === 402 || status === 409) return told(body, key);
  // It refuses what was asked for (an unknown card): asked again it would say the same.
  if (status === 422) return { state: 'declined', ref: null };
  throw new CallFailed(`the gateway answered ${status} to a charge`, true);
}

/** Throws where the answer is about another charge: a gateway may answer twice, and the second one to somebody else. */
function told(body: unknown, key: string): GatewayAnswer {
  const { key: about, state, ref } = (body ?? {}) as Record<string, unknown>;
  if (about !== key) throw new CallFailed('the gateway answered about another charge', true);
  if (state !== 'charged' && state !== 'declined' && state !== 'refunded' && state !== 'void') {
    throw new CallFailed('the gateway gave an answer that nobody understands', true);
  }
  return { state, ref: typeof ref === 'string' ? ref : null };
}
