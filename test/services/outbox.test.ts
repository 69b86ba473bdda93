import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Database } from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Sqlite } from '../../example/process/sqlite.ts';
import { openInbox } from '../../extracted-services/shared/inbox.ts';
import { type Outbox, openOutbox } from '../../extracted-services/shared/outbox.ts';
import type { CloudEvent } from '../../src/domain/cloud-event.ts';

let folder: string;
let db: Database;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'strangler-outbox-'));
  db = new Sqlite(join(folder, 'service.db'));
});
afterEach(async () => {
  db.close();
  await rm(folder, { recursive: true });
});

const message = (number: number) => ({ type: 'thing.done', subject: 'things/1', data: { number } });
const numbers = (events: readonly CloudEvent[]) => events.map(({ data }) => (data as { number: number }).number);

describe('an outbox', () => {
  const add = (outbox: Outbox, ...all: number[]): void => {
    db.transaction(() => {
      for (const number of all) outbox.add(message(number));
    })();
  };

  it('sends what was committed, in its order, and nothing that was rolled back', async () => {
    const sent: CloudEvent[] = [];
    const outbox = openOutbox(db, '/services/test', async (events) => void sent.push(...events));
    add(outbox, 1, 2);
    expect(() =>
      db.transaction(() => {
        outbox.add(message(13));
        throw new Error('no');
      })(),
    ).toThrow('no');
    add(outbox, 3);
    await expect.poll(() => numbers(sent)).toEqual([1, 2, 3]);
    expect(sent[0]).toMatchObject({
      specversion: '1.0',
      source: '/services/test',
      type: 'thing.done',
      subject: 'things/1',
    });
    expect(new Set(sent.map(({ id }) => id)).size).toBe(3);
    await outbox.stop();
    expect(outbox.waiting()).toBe(0);
  });

  it('keeps everything while the bus is away, and sends it in order when it is back', async () => {
    const sent: CloudEvent[] = [];
    let away = true;
    const outbox = openOutbox(db, '/services/test', async (events) => {
      if (away) throw new Error('away');
      sent.push(...events);
    });
    add(outbox, ...Array.from({ length: 250 }, (_, index) => index + 1));
    await expect.poll(() => outbox.trouble).toBe('away');
    expect(outbox.waiting()).toBe(250);
    away = false;
    await expect.poll(() => sent.length, { timeout: 10_000 }).toBe(250);
    expect(numbers(sent)).toEqual(Array.from({ length: 250 }, (_, index) => index + 1));
    expect([outbox.trouble, outbox.waiting()]).toEqual([null, 0]);
    await outbox.stop();
  });

  it('sends once more what it can’t know of: the next run begins with it, under the same id', async () => {
    const first: CloudEvent[] = [];
    const dying = openOutbox(db, '/services/test', (events) => {
      first.push(...events);
      return new Promise(() => {});
    });
    add(dying, 1);
    await expect.poll(() => first.length).toBe(1);
    await dying.stop(1);

    const second: CloudEvent[] = [];
    const reborn = openOutbox(db, '/services/test', async (events) => void second.push(...events));
    await expect.poll(() => second).toEqual(first);
    await reborn.stop();
  });

  it('hands over the last of it before it stops', async () => {
    const sent: CloudEvent[] = [];
    const outbox = openOutbox(db, '/services/test', async (events) => void sent.push(...events));
    add(outbox, 1);
    await outbox.stop();
    expect(numbers(sent)).toEqual([1]);
  });
});

describe('an inbox', () => {
  const event = (id: string, source = '/services/orders'): CloudEvent => ({
    specversion: '1.0',
    id,
    type: 'thing.done',
    source,
    subject: 'things/1',
    time: '2026-01-01T00:00:00Z',
    datacontenttype: 'application/json',
    data: null,
  });

  it('lets an event work once, however often it comes, and another one of the same id but from elsewhere as well', () => {
    const inbox = openInbox(db);
    let worked = 0;
    const work = (): void => {
      worked += 1;
    };
    expect([1, 2, 3].map(() => inbox.once(event('a'), work))).toEqual([true, false, false]);
    expect(inbox.once(event('a', '/elsewhere'), work)).toBe(true);
    expect(worked).toBe(2);
    expect(inbox.counts()).toEqual({ events: 2, absorbed: 2 });
  });

  it('has not had what failed, and keeps nothing of it', () => {
    const inbox = openInbox(db);
    db.exec('CREATE TABLE effects (number INTEGER)');
    const fail = () => {
      db.exec('INSERT INTO effects VALUES (1)');
      throw new Error('half way');
    };
    expect(() => inbox.once(event('a'), fail)).toThrow('half way');
    expect(db.prepare('SELECT * FROM effects').all()).toEqual([]);
    expect(inbox.once(event('a'), () => {})).toBe(true);
  });

  it('forgets what is older than the bus remembers', () => {
    const inbox = openInbox(db);
    inbox.once(event('a'), () => {});
    inbox.forgetBefore('2020-01-01T00:00:00.000Z');
    expect(inbox.once(event('a'), () => {})).toBe(false);
    inbox.forgetBefore('9999-01-01T00:00:00.000Z');
    expect(inbox.once(event('a'), () => {})).toBe(true);
  });
});
