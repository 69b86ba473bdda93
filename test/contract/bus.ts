import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TrimmedBus } from '../../src/bus/retention.ts';
import type { CloudEvent } from '../../src/domain/cloud-event.ts';
import type { EventConsumer, Subscription } from '../../src/ports.ts';
import { type Program, startProgram } from '../bus/program.ts';

/** Where one test's events are: every handle that is opened there sees the same. */
export interface BusPlace {
  open(): Promise<TrimmedBus>;
  /** As other processes are told of it; `null` where only this one knows it. */
  readonly location: string | null;
  readonly stream: string;
  remove(): Promise<void>;
}

const group = 'mails';

export function anEvent(id: string, more: Partial<CloudEvent> = {}): CloudEvent {
  return {
    specversion: '1.0',
    id,
    type: 'order.created',
    source: '/test',
    subject: `order-${id}`,
    time: '2025-01-01T00:00:00.000Z',
    datacontenttype: 'application/json',
    data: { id },
    ...more,
  };
}

/** `count` events of each subject, mixed: `a-0 b-0 a-1 b-1 …`. */
function mixed(subjects: readonly string[], count: number): CloudEvent[] {
  return Array.from({ length: count }, (_, i) =>
    subjects.map((subject) => anEvent(`${subject}-${i}`, { subject, data: { subject, i } })),
  ).flat();
}

const letters = 'abcdefghijklmnopqrst'.split('');

/** What a bus that is somebody else's may not give. */
interface Lacks {
  /** One order over all subjects, and a place that is kept in it. */
  readonly oneOrder?: boolean;
  /** A size that we keep. */
  readonly trimming?: boolean;
  /** To know that a consumer has died of an event. */
  readonly deaths?: boolean;
}

/** What every bus promises, wherever it keeps its events. */
export function describeBus(name: string, makePlace: () => Promise<BusPlace>, lacks: Lacks = {}): void {
  describe(`the ${name} bus`, () => {
    let place: BusPlace;
    let bus: TrimmedBus;
    const handles: TrimmedBus[] = [];
    const programs: Program[] = [];

    const open = async (): Promise<TrimmedBus> => {
      const handle = await place.open();
      handles.push(handle);
      return handle;
    };
    beforeEach(async () => {
      place = await makePlace();
      bus = await open();
    });
    afterEach(async () => {
      await Promise.all(programs.splice(0).map((program) => program.kill()));
      await Promise.all(handles.splice(0).map((handle) => handle.close()));
      await place.remove();
    });

    /** A consumer that keeps what it is handed. */
    const collect = (
      more: Partial<Subscription> = {},
      handle: (event: CloudEvent) => Promise<void> = async () => {},
      on: TrimmedBus = bus,
    ): { seen: CloudEvent[]; ids(): string[]; consumer: EventConsumer } => {
      const seen: CloudEvent[] = [];
      const consumer = on.consume({ group, backoff: 1, ...more }, async (event) => {
        await handle(event);
        seen.push(event);
      });
      return { seen, ids: () => seen.map(({ id }) => id), consumer };
    };
    const standing = async (of = group) => (await bus.groups()).find((each) => each.group === of);
    const within = { timeout: 20_000, interval: 10 };

    it('hands what was published to a group, whole and as it was', async () => {
      const event = anEvent('1', { data: { a: [1, 'two', null, { deep: true }] } });
      const { seen } = collect();
      await bus.publish([event]);
      await expect.poll(() => seen, within).toEqual([event]);
    });

    it('begins a new group at the beginning of what is kept', async () => {
      await bus.publish(mixed(['a'], 3));
      const { ids } = collect();
      await expect.poll(ids, within).toEqual(['a-0', 'a-1', 'a-2']);
    });

    it('publishes nothing of an empty list, and does not mind', async () => {
      await bus.publish([]);
      expect(await bus.read({ limit: 10 })).toEqual([]);
    });

    it.skipIf(lacks.oneOrder)('reads in the order of publishing, whatever the subjects', async () => {
      const events = mixed(letters, 3);
      for (const event of events.slice(0, 20)) await bus.publish([event]);
      await bus.publish(events.slice(20));
      const read = await bus.read({ limit: 100 });
      expect(read.map(({ event }) => event.id)).toEqual(events.map(({ id }) => id));
    });

    it.skipIf(lacks.oneOrder)('reads on behind a position, without a gap and without a repetition', async () => {
      await bus.publish(mixed(letters, 2));
      const ids: string[] = [];
      for (let after: string | undefined; ; ) {
        const page = await bus.read({ limit: 7, ...(after !== undefined && { after }) });
        if (page.length === 0) break;
        ids.push(...page.map(({ event }) => event.id));
        after = page.at(-1)!.position;
      }
      expect(ids).toEqual(mixed(letters, 2).map(({ id }) => id));
    });

    it.skipIf(lacks.oneOrder)('reads the newest, in their order', async () => {
      await bus.publish(mixed(letters, 2));
      const read = await bus.read({ limit: 3, newest: true });
      expect(read.map(({ event }) => event.id)).toEqual(['r-1', 's-1', 't-1']);
    });

    it('reads by type, by subject, and since a time', async () => {
      await bus.publish([anEvent('1', { type: 'order.created', subject: 'o' })]);
      const since = await nextMillisecond();
      await bus.publish([
        anEvent('2', { type: 'order.paid', subject: 'o' }),
        anEvent('3', { type: 'order.created', subject: 'p' }),
      ]);
      const idsOf = async (query: object): Promise<string[]> =>
        (await bus.read({ limit: 10, ...query })).map(({ event }) => event.id);
      expect(await idsOf({ types: ['order.created'] })).toEqual(['1', '3']);
      expect(await idsOf({ types: [] })).toEqual([]);
      expect(await idsOf({ subject: 'o' })).toEqual(['1', '2']);
      expect(await idsOf({ since })).toEqual(['2', '3']);
      expect(await idsOf({ since, types: ['order.created'], subject: 'p' })).toEqual(['3']);
    });

    it('refuses a position that is none', async () => {
      await expect(bus.read({ limit: 1, after: "x' OR 1=1" })).rejects.toMatchObject({ code: 'refused' });
    });

    it('hands on only the types that are asked for, and passes the others over', async () => {
      const { ids } = collect({ types: ['order.paid'] });
      await bus.publish([anEvent('1'), anEvent('2', { type: 'order.paid' }), anEvent('3')]);
      await expect.poll(ids, within).toEqual(['2']);
      await expect.poll(() => standing(), within).toMatchObject({ lag: 0 });
    });

    it('lets groups go each at its own pace', async () => {
      const { ids } = collect({ group: 'fast' });
      let letGo = (): void => {};
      const held = new Promise<void>((resolve) => {
        letGo = resolve;
      });
      const slow = collect({ group: 'slow' }, () => held);
      await bus.publish(mixed(letters, 1));
      await expect.poll(() => ids().length, within).toBe(20);
      expect(slow.ids()).toEqual([]);
      await expect.poll(async () => (await standing('fast'))?.lag, within).toBe(0);
      expect(await standing('slow')).toMatchObject({ lag: 20 });
      letGo();
      await expect.poll(() => slow.ids().length, within).toBe(20);
    });

    it('keeps the order of each subject, and never two of one at a time, with three consumers', async () => {
      const others = [await open(), await open()];
      const orders = new Map<string, number[]>();
      const busy = new Set<string>();
      const overlaps: string[] = [];
      let handled = 0;
      const handle = async ({ subject, data }: CloudEvent): Promise<void> => {
        if (busy.has(subject)) overlaps.push(subject);
        busy.add(subject);
        await wait(handled++ % 3);
        busy.delete(subject);
        const { i } = data as { i: number };
        orders.set(subject, [...(orders.get(subject) ?? []), i]);
      };
      const byConsumer = [bus, ...others].map((on) => collect({}, handle, on));
      let rounds = 0;
      const publishRound = async (): Promise<void> => {
        const i = rounds++;
        await bus.publish(letters.map((subject) => anEvent(`${subject}-${i}`, { subject, data: { i } })));
      };
      // Some of it comes while they are still dividing the partitions among themselves, the rest after that.
      const publishUntilAllHadSome = async (): Promise<boolean> => {
        await publishRound();
        return byConsumer.every(({ seen }) => seen.length > 0);
      };
      await expect.poll(publishUntilAllHadSome, { timeout: 20_000, interval: 50 }).toBe(true);
      for (let more = 0; more < 20; more++) await publishRound();
      const all = rounds * letters.length;
      await expect.poll(() => new Set(byConsumer.flatMap(({ ids }) => ids())).size, within).toBe(all);
      expect(overlaps).toEqual([]);
      for (const [subject, seen] of orders) {
        const first = seen.filter((i, at) => seen.indexOf(i) === at);
        expect(first, subject).toEqual([...first].sort((a, b) => a - b));
      }
    });

    it('tries again what a handler failed, in its place', async () => {
      let failures = 2;
      const { ids } = collect({}, async ({ id }) => {
        if (id === 'a-1' && failures-- > 0) throw new Error('not yet');
      });
      await bus.publish(mixed(['a'], 4));
      await expect.poll(ids, within).toEqual(['a-0', 'a-1', 'a-2', 'a-3']);
      expect(await bus.deadLetters()).toEqual([]);
    });

    it('waits longer after each failure', async () => {
      const tries: number[] = [];
      collect({ attempts: 4, backoff: 40 }, async () => {
        tries.push(performance.now());
        throw new Error('never');
      });
      await bus.publish([anEvent('1')]);
      await expect.poll(() => bus.deadLetters(), within).toHaveLength(1);
      const waits = tries.slice(1).map((at, i) => at - tries[i]!);
      expect(waits).toHaveLength(3);
      // A timer may be early by a millisecond, and late by any time.
      for (const [i, least] of [40, 80, 160].entries()) expect(waits[i]).toBeGreaterThanOrEqual(least - 2);
    });

    it('makes what fails for good a dead letter of that group, and goes on', async () => {
      const { ids } = collect({ attempts: 3 }, async ({ id }) => {
        if (id === 'a-1') throw new Error('no such customer');
      });
      const other = collect({ group: 'other' });
      await bus.publish(mixed(['a'], 3));
      await expect.poll(ids, within).toEqual(['a-0', 'a-2']);
      await expect.poll(() => bus.deadLetters(), within).toHaveLength(1);
      const [letter] = await bus.deadLetters(group);
      expect(letter).toMatchObject({ group, attempts: 3, error: 'no such customer', event: { id: 'a-1' } });
      expect(Math.abs(letter!.at - Date.now())).toBeLessThan(60_000);
      expect(await bus.deadLetters('other')).toEqual([]);
      await expect.poll(other.ids, within).toEqual(['a-0', 'a-1', 'a-2']);
      await expect.poll(() => standing(), within).toEqual({ group, lag: 0, deadLetters: 1 });
    });

    it('hands a dead letter that is revived to its own group once more, and to nobody else', async () => {
      let isFixed = false;
      const { ids } = collect({ attempts: 1 }, async () => {
        if (!isFixed) throw new Error('broken');
      });
      const other = collect({ group: 'other' });
      await bus.publish([anEvent('1'), anEvent('2')]);
      await expect.poll(() => bus.deadLetters(), within).toHaveLength(2);
      await expect.poll(() => other.ids().length, within).toBe(2);
      isFixed = true;
      const dead = await bus.deadLetters();
      const one = dead.find(({ event }) => event.id === '1')!;
      expect(await bus.revive([one.id, 'nonsense', '99999'])).toBe(1);
      expect(await bus.revive([one.id])).toBe(0);
      await expect.poll(ids, within).toEqual(['1']);
      expect(await bus.deadLetters()).toMatchObject([{ event: { id: '2' } }]);
      // A letter that comes after shows that the revived one was passed over.
      await bus.publish([anEvent('3', { subject: one.event.subject })]);
      await expect.poll(() => other.ids().length, within).toBe(3);
      expect(other.ids()).not.toContain('1-again');
      expect(other.ids().filter((id) => id === '1')).toHaveLength(1);
      expect((await bus.read({ limit: 10 })).map(({ event }) => event.id)).toEqual(['1', '2', '3']);
    });

    it('hands everything since a time to a group once more', async () => {
      const { ids } = collect();
      const other = collect({ group: 'other' });
      await bus.publish(mixed(['a', 'b'], 2));
      const since = await nextMillisecond();
      await bus.publish([anEvent('a-2', { subject: 'a' }), anEvent('b-2', { subject: 'b' })]);
      await expect.poll(() => ids().length, within).toBe(6);
      await expect.poll(() => other.ids().length, within).toBe(6);
      expect(await bus.rewind(group, since)).toBe(2);
      await expect.poll(() => ids().slice(6).sort(), within).toEqual(['a-2', 'b-2']);
      expect(await bus.rewind(group, 0)).toBe(6);
      await expect.poll(() => ids().length, within).toBe(14);
      expect(await bus.rewind(group, Date.now() + 3_600_000)).toBe(0);
      expect(other.ids()).toHaveLength(6);
    });

    it.skipIf(lacks.oneOrder)('hands some types since a time to a group once more, and to nobody else', async () => {
      const { ids } = collect();
      const other = collect({ group: 'other' });
      const paid = (id: string): CloudEvent => anEvent(id, { type: 'order.paid', subject: 'a' });
      await bus.publish([paid('1'), anEvent('2', { subject: 'a' })]);
      const since = await nextMillisecond();
      await bus.publish([paid('3'), anEvent('4', { subject: 'a' }), paid('5')]);
      await expect.poll(ids, within).toEqual(['1', '2', '3', '4', '5']);
      expect(await bus.rewind(group, since, ['order.paid'])).toBe(2);
      await expect.poll(ids, within).toEqual(['1', '2', '3', '4', '5', '3', '5']);
      await bus.publish([anEvent('6', { subject: 'a' })]);
      await expect.poll(other.ids, within).toEqual(['1', '2', '3', '4', '5', '6']);
      expect((await bus.read({ limit: 10 })).map(({ event }) => event.id)).toEqual(['1', '2', '3', '4', '5', '6']);
      await expect(bus.rewind('nobody', since, ['order.paid'])).rejects.toMatchObject({ code: 'unknown' });
    });

    it('never moves a group forward that is told to go back', async () => {
      const { consumer } = collect({ attempts: 1_000, backoff: 60_000 }, async () => {
        throw new Error('later');
      });
      await bus.publish(mixed(['a'], 2));
      await expect.poll(async () => (await standing())?.lag, within).toBe(2);
      await consumer.stop();
      const since = await nextMillisecond();
      await bus.publish([anEvent('a-2', { subject: 'a' })]);
      await bus.rewind(group, since);
      const { ids } = collect();
      await expect.poll(ids, within).toEqual(['a-0', 'a-1', 'a-2']);
    });

    it('says which groups there are to one who names another', async () => {
      collect();
      await expect.poll(() => bus.groups(), within).toHaveLength(1);
      await expect(bus.rewind('mials', 0)).rejects.toMatchObject({
        code: 'unknown',
        message: expect.stringMatching(/mials.*mails/),
      });
    });

    it('counts what a group has not handled yet, also while nobody consumes', async () => {
      const { consumer, ids } = collect();
      await bus.publish(mixed(['a'], 2));
      await expect.poll(() => ids().length, within).toBe(2);
      await consumer.stop();
      await bus.publish(mixed(letters, 1));
      await expect.poll(() => standing(), within).toEqual({ group, lag: 20, deadLetters: 0 });
    });

    it('waits at its end for what is being handled, and begins nothing more', async () => {
      let begun = 0;
      let ended = 0;
      const { consumer } = collect({}, async () => {
        begun += 1;
        await wait(60);
        ended += 1;
      });
      await bus.publish(mixed(['a'], 10));
      await expect.poll(() => begun, within).toBeGreaterThan(0);
      await consumer.stop();
      expect(ended).toBe(begun);
      const after = begun;
      const { ids } = collect();
      await expect.poll(() => ids().length, within).toBe(10 - after);
      expect(begun).toBe(after);
    });

    it('leaves its work to the others when a consumer stops', async () => {
      const other = await open();
      const first = collect();
      const second = collect({}, async () => {}, other);
      await bus.publish(mixed(letters, 2));
      await expect.poll(() => first.ids().length + second.ids().length, within).toBe(40);
      await first.consumer.stop();
      await bus.publish(mixed(letters, 1).map((event) => ({ ...event, id: `${event.id}-again` })));
      await expect.poll(() => second.ids().filter((id) => id.endsWith('-again')).length, within).toBe(20);
    });

    it('keeps what is odd as it is: large data, any text, names of JavaScript itself', async () => {
      const odd = [
        anEvent('large', { data: { text: 'x'.repeat(900_000) } }),
        anEvent('text', { subject: 'ünï\u0000\u2028 💥 \ud800', data: '\ud800 \u0000 💥 \r\n' }),
        anEvent('names', {
          subject: '__proto__',
          type: 'constructor',
          data: JSON.parse('{"__proto__":{"polluted":true},"constructor":1,"toString":null}'),
        }),
        anEvent('null', { data: null }),
        anEvent('more', { traceparent: '00-1-2-3' } as object),
      ];
      const { seen } = collect();
      for (const event of odd) await bus.publish([event]);
      await expect.poll(() => seen.length, within).toBe(odd.length);
      const byId = new Map(seen.map((event) => [event.id, JSON.stringify(event)]));
      for (const event of odd) expect(byId.get(event.id)).toBe(JSON.stringify(event));
      expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
      expect((await bus.read({ limit: 10, subject: '__proto__' })).map(({ event }) => event.id)).toEqual(['names']);
    });

    it('takes more at a time of one subject than a broker takes as one batch, and keeps its order', async () => {
      const { ids } = collect();
      const many = Array.from({ length: 60 }, (_, i) =>
        anEvent(String(i), { subject: 'one', data: 'x'.repeat(50_000) }),
      );
      await bus.publish(many);
      await expect.poll(ids, within).toEqual(many.map(({ id }) => id));
    });

    it('buries the largest event there may be whole, whatever it consists of', async () => {
      let isFixed = false;
      const { seen } = collect({ attempts: 1 }, async () => {
        if (!isFixed) throw new Error('ü'.repeat(5_000));
      });
      // Each quote is two bytes as JSON, and four as JSON in JSON.
      const quotes = anEvent('quotes', { data: '"'.repeat(499_000) });
      await bus.publish([quotes]);
      await expect.poll(() => bus.deadLetters(), within).toMatchObject([{ event: { data: quotes.data } }]);
      isFixed = true;
      expect(await bus.revive((await bus.deadLetters()).map(({ id }) => id))).toBe(1);
      await expect.poll(() => seen, within).toEqual([quotes]);
    });

    it('refuses what is no event or too large, with a sentence, and nothing of the whole list is there', async () => {
      const refused = async (event: unknown): Promise<void> => {
        const publishing = bus.publish([anEvent('1'), event as CloudEvent]);
        await expect(publishing).rejects.toMatchObject({ name: 'BusError', code: 'refused' });
      };
      await refused({ ...anEvent('2'), id: '' });
      await refused({ ...anEvent('2'), subject: 7 });
      await refused({ ...anEvent('2'), type: 'x'.repeat(2_000) });
      await refused({ ...anEvent('2'), data: 1n });
      await refused({ ...anEvent('2'), data: 'ü'.repeat(600_000) });
      await refused(null);
      expect(await bus.read({ limit: 10 })).toEqual([]);
    });

    it('hands on what was published twice twice: to know it again is the consumer’s', async () => {
      const { ids } = collect();
      await bus.publish([anEvent('1'), anEvent('1')]);
      await bus.publish([anEvent('1')]);
      await expect.poll(ids, within).toEqual(['1', '1', '1']);
    });

    it.skipIf(lacks.trimming)('lets go of what is old only once every group has had it', async () => {
      const { consumer, ids } = collect();
      await bus.publish(mixed(['a'], 3));
      await expect.poll(() => ids().length, within).toBe(3);
      await expect.poll(async () => (await standing())?.lag, within).toBe(0);
      await consumer.stop();
      await bus.publish([anEvent('a-3', { subject: 'a' })]);
      // As if a minute had passed.
      expect(await bus.trim({ keep: -60_000, most: 1_000 })).toEqual([]);
      expect((await bus.read({ limit: 10 })).map(({ event }) => event.id)).toEqual(['a-3']);
      const again = collect();
      await expect.poll(again.ids, within).toEqual(['a-3']);
    });

    it.skipIf(lacks.trimming)(
      'keeps what a group is to have once more, while it still handles what it was at',
      async () => {
        let goOn = (): void => {};
        const held = new Promise<void>((resolve) => {
          goOn = resolve;
        });
        let handling = '';
        const { ids } = collect({}, async ({ id }) => {
          handling = id;
          if (id === 'a-3') await held;
        });
        await bus.publish(mixed(['a'], 5));
        await expect.poll(() => handling, within).toBe('a-3');
        await expect.poll(async () => (await standing())?.lag, within).toBe(2);
        await bus.rewind(group, 0);
        await bus.trim({ keep: -60_000, most: 1_000 });
        goOn();
        await expect
          .poll(
            () =>
              ids()
                .slice(3)
                .filter((id) => id !== 'a-3' && id !== 'a-4')
                .slice(0, 3),
            within,
          )
          .toEqual(['a-0', 'a-1', 'a-2']);
      },
    );

    it.skipIf(lacks.trimming)('keeps what is young, whoever has had it', async () => {
      const { ids } = collect();
      await bus.publish(mixed(['a'], 3));
      await expect.poll(() => ids().length, within).toBe(3);
      await bus.trim({ keep: 3_600_000, most: 1_000 });
      expect(await bus.read({ limit: 10 })).toHaveLength(3);
    });

    it.skipIf(lacks.trimming)('lets go of what is beyond the most, and says whom that costs how much', async () => {
      const { consumer } = collect({}, async () => {
        throw new Error('later');
      });
      await expect.poll(() => bus.groups(), within).toHaveLength(1);
      await consumer.stop();
      await bus.publish(mixed(letters, 10));
      const losses = await bus.trim({ keep: 3_600_000, most: 120 });
      expect(losses).toEqual([{ group, events: 80 }]);
      expect(await bus.read({ limit: 1_000 })).toHaveLength(120);
      const { ids } = collect();
      await expect.poll(() => ids().length, within).toBe(120);
    });

    it('refuses the name of a group that would not be one everywhere', () => {
      for (const wrong of ['', 'a b', '../x', 'a:b', '*', 'x'.repeat(200)]) {
        expect(() => bus.consume({ group: wrong }, async () => {}), wrong).toThrow(/name of a group/);
      }
    });

    it('fails what is asked of it after its end', async () => {
      collect();
      await bus.close();
      await expect(bus.publish([anEvent('1')])).rejects.toMatchObject({ code: 'closed' });
      await expect(bus.read({ limit: 1 })).rejects.toMatchObject({ code: 'closed' });
      expect(() => bus.consume({ group }, async () => {})).toThrow(/closed/);
      await bus.close();
    });

    it('gives what a killed process was handling, and what it had before it, to others', async ({ skip }) => {
      if (place.location === null) return skip('nobody else knows this bus');
      const program = startProgram('consume-slowly.mjs', place.location, place.stream, group);
      programs.push(program);
      await bus.publish(mixed(letters, 5));
      const handling = await program.firstLine();
      expect(handling).toMatch(/^handling /);
      program.process.kill('SIGKILL');
      await once(program.process, 'exit');
      const { ids } = collect();
      await expect.poll(() => new Set(ids()).size + program.done().length, within).toBeGreaterThanOrEqual(100);
      const all = new Set([...ids(), ...program.done()]);
      expect(all.size).toBe(100);
      expect(ids()).toContain(handling.split(' ')[1]);
    });

    it.skipIf(lacks.deaths)('buries an event that ends every process that handles it', async ({ skip }) => {
      if (place.location === null) return skip('nobody else knows this bus');
      await bus.publish([anEvent('poison', { subject: 'a' }), anEvent('next', { subject: 'a' })]);
      for (let death = 0; death < 3; death++) {
        const program = startProgram('consume-slowly.mjs', place.location, place.stream, group);
        programs.push(program);
        expect(await program.firstLine()).toBe('handling poison');
        program.process.kill('SIGKILL');
        await once(program.process, 'exit');
      }
      const { ids } = collect({ attempts: 3 });
      await expect.poll(ids, within).toEqual(['next']);
      expect(await bus.deadLetters()).toMatchObject([{ event: { id: 'poison' }, error: /ended before/ }]);
    });

    it('shares the work among processes, and keeps the order of each subject', async ({ skip }) => {
      if (place.location === null) return skip('nobody else knows this bus');
      const { location, stream } = place;
      const others = [1, 2].map(() => startProgram('consume.mjs', location, stream, group));
      programs.push(...others);
      await Promise.all(others.map((program) => program.firstLine()));
      await expect
        .poll(
          async () => await bus.publish(mixed(letters, 1)).then(() => others.every((each) => each.done().length > 0)),
          { timeout: 20_000, interval: 300 },
        )
        .toBe(true);
      const round = mixed(letters, 20).map((event) => ({ ...event, id: `last-${event.id}` }));
      await bus.publish(round);
      const handled = (): string[] => others.flatMap((each) => each.done().filter((id) => id.startsWith('last-')));
      await expect.poll(() => new Set(handled()).size, within).toBe(400);
      for (const other of others) {
        for (const subject of letters) {
          const theirs = other.done().filter((id) => id.startsWith(`last-${subject}-`));
          expect(theirs).toEqual([...theirs].sort((a, b) => Number(a.split('-')[2]) - Number(b.split('-')[2])));
        }
      }
    });
  });
}

/** A time that everything before it is before. */
async function nextMillisecond(): Promise<number> {
  const before = Date.now();
  while (Date.now() <= before + 1) await wait(1);
  return Date.now();
}
