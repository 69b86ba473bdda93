/**
 * What becomes of one order, as a pure function: reserve the stock, charge for it, confirm. Up to the charge every step can
 * be undone, and is, in reverse order; once the charge has been made there is only the way forward, until somebody cancels.
 */
import { type Command, commandOf, type SagaState } from './steps.ts';

export interface Saga {
  readonly state: SagaState;
  /** Why it was undone, or is being undone; `null` on the way forward. */
  readonly reason: Reason | null;
  /** How often the step that is waited for has been asked for. */
  readonly tries: number;
  /** Asked for too often without an answer: a person has to look. A late answer still moves it on. */
  readonly stuck: boolean;
}

export type Reason = 'out_of_stock' | 'payment_declined' | 'stock_unanswered' | 'payment_unanswered' | 'cancelled';

export type Heard =
  | Reply
  /** The step that is waited for was not answered in time. */
  | 'timeout'
  /** A person asks for a stuck step once more. */
  | 'retry'
  /** A person takes a confirmed order back. */
  | 'cancel';

export type Reply = (typeof replies)[number];
export const replies = [
  'stock.reserved',
  'stock.refused',
  'stock.released',
  'stock.committed',
  'payment.charged',
  'payment.declined',
  'payment.refunded',
] as const;

export interface Next {
  readonly saga: Saga;
  readonly command: Command | null;
}

/** How often a step that has to come through is asked for before it is stuck. */
export const mostTries = 5;

export const begun: Next = { saga: at('reserving', null), command: 'inventory.reserve' };

/** `null`: it says nothing to a saga in this state (a double, or an answer that came too late), and nothing changes. */
export function next(saga: Saga, heard: Heard): Next | null {
  if (heard === 'timeout') return onTimeout(saga);
  if (heard === 'retry') return saga.stuck ? go(saga.state, saga.reason) : null;
  switch (saga.state) {
    case 'reserving':
      if (heard === 'stock.reserved') return go('charging', null);
      if (heard === 'stock.refused') return go('compensated', 'out_of_stock');
      return null;
    case 'charging':
      if (heard === 'payment.charged') return go('confirming', null);
      if (heard === 'payment.declined') return go('releasing', 'payment_declined');
      return null;
    case 'confirming':
      return heard === 'stock.committed' ? go('confirmed', null) : null;
    case 'confirmed':
      return heard === 'cancel' ? go('refunding', 'cancelled') : null;
    case 'refunding':
      return heard === 'payment.refunded' ? go('releasing', saga.reason) : null;
    case 'releasing':
      return heard === 'stock.released' ? go('compensated', saga.reason) : null;
    case 'compensated':
      return null;
  }
}

function onTimeout(saga: Saga): Next | null {
  switch (saga.state) {
    // Nobody knows whether it was done: it is undone, which the other side takes as an order not to do it any more.
    case 'reserving':
      return go('releasing', 'stock_unanswered');
    case 'charging':
      return go('refunding', 'payment_unanswered');
    case 'confirming':
    case 'refunding':
    case 'releasing':
      if (saga.stuck) return null;
      if (saga.tries >= mostTries) return { saga: { ...saga, stuck: true }, command: null };
      return { saga: { ...saga, tries: saga.tries + 1 }, command: commandOf(saga.state) };
    case 'confirmed':
    case 'compensated':
      return null;
  }
}

const go = (state: SagaState, reason: Reason | null): Next => ({ saga: at(state, reason), command: commandOf(state) });

function at(state: SagaState, reason: Reason | null): Saga {
  return { state, reason, tries: commandOf(state) === null ? 0 : 1, stuck: false };
}
