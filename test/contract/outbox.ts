import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Answered, Intent } from '../../src/domain/publishing/intent.ts';
import type { Outbox } from '../../src/ports.ts';

export interface OutboxPlace {
  /** Opens the same outbox once more, where there can be more than one. */
  open(bounds?: { readonly most: number }): Promise<Outbox>;
  remove(): Promise<void>;
}

let ids = 0;

export function intent(more: Partial<Intent> = {}): Intent {
  return {
    id: `event-${String(++ids).padStart(6, '0')}`,
    at: 1_700_000_000_000 + ids,
    route: 'order',
    type: 'order.created',
    method: 'POST',
    path: '/orders',
    key: null,
    ...more,
  };
}

export function answered(of: Intent, body = '{"id":"o-1","total":12}'): Answered {
  return {
    tellings: [{ intent: of, settings: { type: of.type, key: { from: 'answer', steps: ['id'] }, data: null } }],
    at: 1_700_000_100_000,
    source: '/test',
    traceparent: null,
    params: [],
    answer: { headers: [], body: Buffer.from(body) },
    request: { headers: [], body: null },
  };
}

/** What every outbox promises. */
export function describeOutbox(name: string, newPlace: () => Promise<OutboxPlace>): void {
  describe(`an outbox ${name}`, () => {
    let place: OutboxPlace;
    let outbox: Outbox;
    const subjects = async (holder = 'a') => (await outbox.take(holder))?.map(({ subject }) => subject) ?? null;
    const reasons = async () => (await outbox.uncertain(100)).map(({ id, reason }) => [id, reason]);

    beforeEach(async () => {
      place = await newPlace();
      outbox = await place.open();
    });
    afterEach(async () => {
      await outbox.close();
      await place.remove();
    });

    it('turns an answer into the event of its intent, and hands that out until the bus has it', async () => {
      const one = intent();
      await outbox.intend([one]);
      expect(await outbox.take('a')).toEqual([]);
      expect(await outbox.record(answered(one))).toEqual([null]);
      const events = await outbox.take('a');
      expect(events).toEqual([
        {
          specversion: '1.0',
          id: one.id,
          type: 'order.created',
          source: '/test',
          subject: 'o-1',
          time: '2023-11-14T22:15:00.000Z',
          datacontenttype: 'application/json',
          data: { id: 'o-1', total: 12 },
        },
      ]);
      expect(await outbox.take('a')).toEqual(events);
      expect(await outbox.standing()).toMatchObject({ pending: 1, oldest: expect.any(Number), uncertain: 0 });
      await outbox.delivered([one.id]);
      expect(await outbox.take('a')).toEqual([]);
      expect(await outbox.standing()).toEqual({ pending: 0, oldest: null, uncertain: 0 });
    });

    it('hands events out in the order in which they were recorded', async () => {
      const intents = Array.from({ length: 20 }, () => intent());
      await outbox.intend(intents);
      const order = [...intents].reverse();
      for (const [index, each] of order.entries()) await outbox.record(answered(each, `{"id":${index}}`));
      expect(await subjects()).toEqual(order.map((_, index) => String(index)));
    });

    it('has an event once, however often it is recorded, and never again once the bus has it', async () => {
      const one = intent();
      await outbox.intend([one]);
      await outbox.record(answered(one));
      await outbox.record(answered(one));
      expect(await outbox.take('a')).toHaveLength(1);
      await outbox.delivered([one.id]);
      await outbox.record(answered(one));
      expect(await outbox.take('a')).toEqual([]);
    });

    it('records what was never intended, and what somebody else has told', async () => {
      await outbox.record(answered(intent()));
      const [event] = (await outbox.take('a'))!;
      await outbox.add([{ ...event!, id: 'elsewhere', subject: 'other' }]);
      expect(await subjects()).toEqual(['o-1', 'other']);
    });

    it('forgets what is dismissed', async () => {
      const one = intent();
      await outbox.intend([one]);
      await outbox.dismiss([one.id]);
      await outbox.dismiss([one.id, 'unknown']);
      expect(await outbox.standing()).toMatchObject({ pending: 0, uncertain: 0 });
    });

    it('lists what is left open, and what could not be told, with why', async () => {
      const [one, other] = [intent(), intent()];
      await outbox.intend([one, other]);
      await outbox.leaveOpen([one], 'the answer broke off');
      expect(await outbox.record(answered(other, '<html>'))).toEqual(["the answer can't be read: it is not JSON"]);
      const never = intent();
      await outbox.leaveOpen([never], 'nobody wrote it down before');
      expect(await reasons()).toEqual([
        [one.id, 'the answer broke off'],
        [other.id, "the answer can't be read: it is not JSON"],
        [never.id, 'nobody wrote it down before'],
      ]);
      expect(await outbox.uncertain(1)).toEqual([
        { ...one, reason: 'the answer broke off', since: expect.any(Number) },
      ]);
      expect(await outbox.standing()).toMatchObject({ pending: 0, uncertain: 3 });
    });

    it('takes an answer that comes after all', async () => {
      const one = intent();
      await outbox.leaveOpen([one], 'who knows');
      await outbox.record(answered(one));
      expect(await reasons()).toEqual([]);
      expect(await subjects()).toEqual(['o-1']);
    });

    it('is settled by hand: as an event of the same id, or as nothing, once', async () => {
      const [happened, not, keyless] = [intent({ key: 'o-9' }), intent(), intent()];
      await outbox.leaveOpen([happened, not, keyless], 'who knows');
      const say = { key: null, data: { total: 1 }, source: '/by-hand' };
      const { settled, refused } = await outbox.settle({
        ids: [happened.id, keyless.id, 'unknown'],
        who: 'ada',
        happened: say,
      });
      expect(settled).toEqual([happened.id]);
      expect(refused).toEqual([
        { id: keyless.id, message: expect.stringMatching(/--key/) },
        { id: 'unknown', message: expect.stringMatching(/no intent/) },
      ]);
      expect(await outbox.settle({ ids: [not.id], who: 'bob', happened: null })).toMatchObject({ settled: [not.id] });
      expect((await outbox.settle({ ids: [not.id], who: 'bob', happened: null })).settled).toEqual([]);
      await outbox.settle({ ids: [keyless.id], who: 'ada', happened: { ...say, key: 'k' } });
      expect(await outbox.take('a')).toMatchObject([
        { id: happened.id, type: 'order.created', subject: 'o-9', source: '/by-hand', data: { total: 1 } },
        { id: keyless.id, subject: 'k' },
      ]);
      expect(await outbox.settled(2)).toMatchObject([
        { intent: { id: keyless.id, reason: 'who knows' }, who: 'ada', as: 'happened' },
        { intent: { id: not.id }, who: 'bob', as: 'nothing' },
      ]);
      expect(await reasons()).toEqual([]);
    });

    it('has one dispatcher at a time', async () => {
      await outbox.record(answered(intent()));
      expect(await subjects('a')).toEqual(['o-1']);
      expect(await subjects('b')).toBeNull();
      await outbox.yield('b');
      expect(await subjects('b')).toBeNull();
      await outbox.yield('a');
      expect(await subjects('b')).toEqual(['o-1']);
    });

    it('is closed once, and takes nothing then', async () => {
      await outbox.intend([intent()]);
      await outbox.close();
      await outbox.close();
      await expect(outbox.intend([intent()])).rejects.toMatchObject({ name: 'StateError', code: 'closed' });
      outbox = await place.open();
    });
  });
}
