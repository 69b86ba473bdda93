import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openUntrimmed } from '../../src/bus/open.ts';
import type { EventBus } from '../../src/ports.ts';
import { compiledBusWorker } from '../bus/place.ts';
import { anEvent } from '../contract/bus.ts';
import { type Folder, folder } from './strangler.ts';

const within = { timeout: 20_000, interval: 20 };

describe('strangler events', () => {
  let f: Folder;
  let bus: EventBus;

  beforeEach(async () => {
    f = await folder();
    await f.write('version: 1\nlegacy: { url: http://127.0.0.1:1 }\n');
    const location = { kind: 'sqlite', path: join(f.path, '.strangler/events.db') } as const;
    bus = await openUntrimmed({ location, stream: 'strangler.events', sync: 'system', worker: compiledBusWorker });
  });
  afterEach(async () => {
    await bus.close();
    await f.remove();
  });

  const consumeAll = async (group: string, fails: readonly string[] = []): Promise<{ ids: string[] }> => {
    const ids: string[] = [];
    bus.consume({ group, attempts: 2, backoff: 1 }, async ({ id }) => {
      if (fails.includes(id)) throw new Error('no such \u001b[31mcustomer');
      ids.push(id);
    });
    await expect.poll(async () => (await bus.groups()).find((each) => each.group === group)?.lag, within).toBe(0);
    return { ids };
  };

  it('shows the newest events, aligned, with nothing in them that a terminal would obey', async () => {
    await bus.publish([
      anEvent('1', { type: 'order.created', subject: 'order-1', data: { total: 5 } }),
      anEvent('2', { type: 'order.paid\u001b[2J', subject: 'order-\u202e1', data: { note: '\u001b[31m' } }),
    ]);
    const { code, out } = await f.run('events', 'tail');
    expect(code).toBe(0);
    expect(out).not.toMatch(/[\u001b\u202e]/);
    const [first, second] = out.split('\n');
    expect(first).toBe('2025-01-01 00:00:00Z  order.created  order-1  {"total":5}');
    expect(second).toMatch(/^2025-01-01 00:00:00Z {2}order\.paid/);
  });

  it('shows only what is asked for', async () => {
    await bus.publish([
      anEvent('1', { type: 'a', subject: 'x' }),
      anEvent('2', { type: 'b', subject: 'x' }),
      anEvent('3', { type: 'b', subject: 'y' }),
    ]);
    const idsOf = async (...words: string[]): Promise<string[]> => {
      const { out } = await f.run('events', 'tail', '--json', ...words);
      return out
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line).id);
    };
    expect(await idsOf('--type', 'a', 'b')).toEqual(['1', '2', '3']);
    expect(await idsOf('--type', 'b', '--subject', 'x')).toEqual(['2']);
    expect(await idsOf('--limit', '2')).toEqual(['2', '3']);
    expect(await idsOf('--since', '1h')).toEqual(['1', '2', '3']);
    expect(await idsOf('--since', '2999-01-01')).toEqual([]);
  });

  it('goes on with what comes, once and in its order', async () => {
    await bus.publish([anEvent('before')]);
    const following = f.runUntilInterrupted('events', 'tail', '--json', '-f');
    // It is there as soon as a further event can be consumed by anyone; what it prints is looked at at the end.
    for (let i = 0; i < 40; i++) {
      await bus.publish([anEvent(String(i), { subject: 'a' })]);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    following.interrupt();
    const { out } = await following.ended;
    const ids = out
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line).id);
    const numbers = ids.filter((id) => id !== 'before').map(Number);
    expect(ids[0]).toBe('before');
    expect(numbers.length).toBeGreaterThan(5);
    expect(numbers).toEqual(numbers.map((_, i) => i));
  });

  it('shows groups, their dead letters, and hands them out once more', async () => {
    await bus.publish([anEvent('1', { subject: 'a' }), anEvent('2', { subject: 'b' })]);
    const fails = ['1'];
    const { ids } = await consumeAll('mails', fails);
    const groups = await f.run('events', 'groups');
    expect(groups.out).toMatch(/GROUP +NOT HANDLED YET +DEAD LETTERS\nmails +0 +1\n/);
    const letters = JSON.parse((await f.run('events', 'dead-letters', '--json')).out);
    expect(letters).toMatchObject([{ group: 'mails', attempts: 2, event: { id: '1' } }]);
    const told = await f.run('events', 'dead-letters', 'mails');
    expect(told.out).toMatch(/order\.created +a +2 +no such/);
    expect(told.out).not.toContain('\u001b');
    fails.pop();
    const revived = await f.run('events', 'dead-letters', '--revive', letters[0].id);
    expect(revived).toMatchObject({ code: 0, out: '1 dead letter is handed out once more\n' });
    await expect.poll(() => ids, within).toContain('1');
    const missing = await f.run('events', 'dead-letters', '--revive', letters[0].id, '--json');
    expect(missing.code).toBe(1);
    expect(JSON.parse(missing.out)).toEqual({ revived: 0, missing: [letters[0].id] });
  });

  it('revives all of a group, and nothing by a slip', async () => {
    await bus.publish([anEvent('1'), anEvent('2')]);
    await consumeAll('mails', ['1', '2']);
    await consumeAll('stock', ['1']);
    expect((await f.run('events', 'dead-letters', '--revive')).code).toBe(2);
    expect((await f.run('events', 'dead-letters', '--all')).code).toBe(2);
    expect((await f.run('events', 'dead-letters', 'mails', '--revive', '--all')).out).toBe(
      '2 dead letters are handed out once more\n',
    );
    expect((await f.run('events', 'dead-letters', 'stock', '--json')).out).toContain('"group": "stock"');
  });

  it('replays to one group, or says what that would be', async () => {
    await bus.publish([anEvent('1', { subject: 'a' }), anEvent('2', { subject: 'a', type: 'b' })]);
    const mails = await consumeAll('mails');
    const stock = await consumeAll('stock');
    const dry = await f.run('events', 'replay', 'mails', '--since', '1h', '--dry-run');
    expect(dry).toMatchObject({ code: 0, out: 'mails would be handed 2 events once more\n' });
    const replay = await f.run('events', 'replay', 'mails', '--since', '1h', '--json');
    expect(JSON.parse(replay.out)).toEqual({ group: 'mails', events: 2, replayed: true });
    await expect.poll(() => mails.ids, within).toEqual(['1', '2', '1', '2']);
    await f.run('events', 'replay', 'mails', '--since', '1h', '--type', 'b');
    await expect.poll(() => mails.ids, within).toEqual(['1', '2', '1', '2', '2']);
    expect(stock.ids).toEqual(['1', '2']);
    const unknown = await f.run('events', 'replay', 'mials', '--since', '1h');
    expect(unknown).toMatchObject({ code: 1, err: expect.stringMatching(/mials.*mails, stock/) });
    expect((await f.run('events', 'replay', 'mails')).code).not.toBe(0);
  });

  it('says of a bus in memory, and of one that is away, what can be done', async () => {
    await f.write('version: 1\nlegacy: { url: http://127.0.0.1:1 }\nevents: { bus: memory }\n');
    const memory = await f.run('events', 'tail');
    expect(memory).toMatchObject({ code: 1, err: expect.stringMatching(/only to the process that runs/) });
    await f.write('version: 1\nlegacy: { url: http://127.0.0.1:1 }\nevents: { bus: "redis://u:geheim@127.0.0.1:1" }\n');
    const away = await f.run('events', 'groups');
    expect(away).toMatchObject({ code: 1, err: expect.stringMatching(/Redis at 127\.0\.0\.1:1 can't be reached/) });
    expect(away.err).not.toContain('geheim');
  });
});
