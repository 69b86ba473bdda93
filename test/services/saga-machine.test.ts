import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  begun,
  type Heard,
  mostTries,
  next,
  type Reply,
  replies,
  type Saga,
} from '../../extracted-services/orders/saga/machine.ts';
import { type Command, commandOf, hasEnded } from '../../extracted-services/orders/saga/steps.ts';

/** What the other services did for one order, by their own rules: all of it idempotent, and what was undone stays undone. */
class Others {
  stock: 'none' | 'refused' | 'reserved' | 'sold' | 'released' = 'none';
  money: 'none' | 'charged' | 'declined' | 'void' | 'refunded' = 'none';
  readonly refuses: boolean;
  readonly declines: boolean;

  constructor(refuses: boolean, declines: boolean) {
    this.refuses = refuses;
    this.declines = declines;
  }

  do(command: Command): Reply | null {
    switch (command) {
      case 'inventory.reserve':
        if (this.stock === 'none') this.stock = this.refuses ? 'refused' : 'reserved';
        return this.stock === 'reserved' ? 'stock.reserved' : this.stock === 'refused' ? 'stock.refused' : null;
      case 'inventory.commit':
        if (this.stock === 'reserved') this.stock = 'sold';
        return this.stock === 'sold' ? 'stock.committed' : null;
      case 'inventory.release':
        this.stock = 'released';
        return 'stock.released';
      case 'payment.charge':
        if (this.money === 'none') this.money = this.declines ? 'declined' : 'charged';
        return this.money === 'charged' ? 'payment.charged' : 'payment.declined';
      case 'payment.refund':
        if (this.money === 'charged') this.money = 'refunded';
        if (this.money === 'none') this.money = 'void';
        return 'payment.refunded';
    }
  }
}

const forward: readonly Command[] = ['inventory.reserve', 'payment.charge', 'inventory.commit'];

/** What may happen next: a command arrives, a reply arrives, each perhaps once more, or nothing comes in time. */
const happening = fc.record({
  kind: fc.constantFrom('command', 'reply', 'timeout', 'retry', 'cancel'),
  at: fc.nat(),
  again: fc.boolean(),
});

describe('a saga', () => {
  it('ends confirmed and paid for, or with everything undone, however its messages are mixed, doubled or late', () => {
    fc.assert(
      fc.property(
        fc.boolean(),
        fc.boolean(),
        fc.array(happening, { maxLength: 60 }),
        (refuses, declines, happenings) => {
          const others = new Others(refuses, declines);
          const commands: Command[] = [begun.command!];
          const answers: Reply[] = [];
          let saga: Saga = begun.saga;
          const entered: string[] = [saga.state];

          const hear = (heard: Heard): void => {
            const following = next(saga, heard);
            if (following === null) return;
            if (following.saga.state !== saga.state) entered.push(following.saga.state);
            saga = following.saga;
            if (following.command !== null) commands.push(following.command);
          };
          const arrive = (at: number, again: boolean): void => {
            // A bus keeps the order of a subject; what it hands out once more it may hand out late.
            const index = again ? at % commands.length : 0;
            const [command] = again ? [commands[index]!] : commands.splice(0, 1);
            const reply = others.do(command!);
            if (reply !== null) answers.push(reply);
          };

          for (const { kind, at, again } of happenings) {
            if (kind === 'command' && commands.length > 0) arrive(at, again);
            if (kind === 'reply' && answers.length > 0) hear(again ? answers[at % answers.length]! : answers.shift()!);
            if (kind === 'timeout' || kind === 'retry' || kind === 'cancel') hear(kind);
          }
          // Everybody is well again: what is under way arrives, and what is stuck is tried once more.
          for (
            let round = 0;
            round < 200 && !(hasEnded(saga.state) && commands.length + answers.length === 0);
            round += 1
          ) {
            if (commands.length > 0) arrive(0, false);
            else if (answers.length > 0) hear(answers.shift()!);
            else hear(saga.stuck ? 'retry' : 'timeout');
          }

          if (saga.state === 'confirmed') expect([others.stock, others.money]).toEqual(['sold', 'charged']);
          else {
            expect(saga.state).toBe('compensated');
            expect(saga.reason).not.toBe(null);
            expect(others.stock).toMatch(/^(refused|released)$/);
            expect(others.money).not.toBe('charged');
          }
          expect(new Set(entered).size, 'no state is entered twice').toBe(entered.length);
          const undone = entered.filter((state) => state === 'refunding' || state === 'releasing');
          expect(undone, 'the charge is undone before the reservation that was made before it').toEqual(
            [...undone].sort(),
          );
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it('hears nothing that it doesn’t wait for, and is not harmed by any of it', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom<Heard>(...replies, 'timeout', 'retry', 'cancel'), { maxLength: 40 }),
        (all) => {
          let saga = begun.saga;
          for (const heard of all) {
            const following = next(saga, heard);
            if (following === null) continue;
            expect(following.command === null).toBe(hasEnded(following.saga.state) || following.saga.stuck);
            if (following.command !== null) expect(following.command).toBe(commandOf(following.saga.state));
            // Once it goes back it never asks for anything again that leads forward.
            if (saga.reason !== null) expect(forward).not.toContain(following.command);
            saga = following.saga;
          }
        },
      ),
    );
  });

  it('asks a few times for what has to come through, is stuck then, and goes on when it is told to or answered late', () => {
    const releasing = next(begun.saga, 'timeout')!.saga;
    let saga = releasing;
    for (let tries = 2; tries <= mostTries; tries += 1) {
      const following = next(saga, 'timeout')!;
      expect(following).toMatchObject({ saga: { tries, stuck: false }, command: 'inventory.release' });
      saga = following.saga;
    }
    const stuck = next(saga, 'timeout')!;
    expect(stuck).toMatchObject({ saga: { state: 'releasing', stuck: true }, command: null });
    expect(next(stuck.saga, 'timeout')).toBe(null);
    expect(next(stuck.saga, 'stock.released')!.saga).toMatchObject({ state: 'compensated', stuck: false });
    expect(next(stuck.saga, 'retry')).toEqual({ saga: releasing, command: 'inventory.release' });
    expect(next(releasing, 'retry')).toBe(null);
  });
});
