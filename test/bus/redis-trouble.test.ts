import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { openUntrimmed } from '../../src/bus/open.ts';
import type { TrimmedBus } from '../../src/bus/retention.ts';
import { anEvent } from '../contract/bus.ts';
import { noRedis, type PrivateRedis, privateRedis } from '../support/redis.ts';

const within = { timeout: 20_000, interval: 20 };
const alwaysKept = ['--appendonly', 'yes', '--appendfsync', 'always'];

describe.skipIf(noRedis !== null)('a Redis in trouble', () => {
  const ends: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  const redisWith = async (...words: readonly string[]): Promise<PrivateRedis> => {
    const redis = await privateRedis(...words);
    ends.push(() => redis.remove());
    return redis;
  };
  const busAt = async (url: string): Promise<TrimmedBus> => {
    const location = { kind: 'redis', url } as const;
    const bus = await openUntrimmed({ location, stream: 'trouble', sync: 'disk', lease: 1_500 });
    ends.push(() => bus.close());
    return bus;
  };
  const collect = (bus: TrimmedBus): { ids: string[]; troubles: (string | null)[] } => {
    const ids: string[] = [];
    const troubles: (string | null)[] = [];
    const onTrouble = (error: Error | null): void => {
      troubles.push(error?.message ?? null);
    };
    bus.consume({ group: 'mails', backoff: 1, onTrouble }, async ({ id }) => {
      ids.push(id);
    });
    return { ids, troubles };
  };

  it('loses nothing that it acknowledged when it is killed while events are published', async () => {
    const redis = await redisWith(...alwaysKept);
    const bus = await busAt(redis.url);
    const acknowledged: string[] = [];
    let isKilled = false;
    const publishOn = async (publisher: number): Promise<void> => {
      for (let i = 0; !isKilled; i++) {
        const id = `${publisher}-${i}`;
        await bus.publish([anEvent(id, { subject: `s-${publisher}` })]);
        acknowledged.push(id);
      }
    };
    const publishing = Promise.allSettled(Array.from({ length: 8 }, (_, publisher) => publishOn(publisher)));
    await expect.poll(() => acknowledged.length, within).toBeGreaterThan(200);
    await redis.kill();
    isKilled = true;
    await publishing;
    await redis.start();
    const { ids } = collect(bus);
    await expect.poll(() => acknowledged.filter((id) => !ids.includes(id)), within).toEqual([]);
    const first = ids.filter((id, i) => id.startsWith('0-') && ids.indexOf(id) === i).map((id) => Number(id.slice(2)));
    expect(first).toEqual([...first].sort((a, b) => a - b));
  });

  it('is waited for by consumers that began before it, and says why meanwhile', async () => {
    const redis = await redisWith();
    await redis.kill();
    const bus = await busAt(redis.url);
    const { ids, troubles } = collect(bus);
    await expect.poll(() => troubles, within).toEqual([expect.stringMatching(/127\.0\.0\.1:\d+ can't be reached/)]);
    const publishing = bus.publish([anEvent('1')]);
    await expect(publishing).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching('ECONNREFUSED'),
    });
    await redis.start();
    await expect.poll(() => troubles.at(-1), within).toBe(null);
    await bus.publish([anEvent('2')]);
    await expect.poll(() => ids, within).toEqual(['2']);
  });

  it('fails what waits for it when the bus is closed, and keeps no process from its end', async () => {
    const redis = await redisWith();
    await redis.kill();
    const program = `
      import { openEventBus } from ${JSON.stringify(new URL('../../dist/src/events.js', import.meta.url).href)};
      const bus = await openEventBus(${JSON.stringify(redis.url)});
      const publish = () => bus.publish([${JSON.stringify(anEvent('1'))}]).catch((error) => error.code);
      while ((await publish()) !== 'unavailable');
      // Between two attempts, the later the longer.
      await new Promise((resolve) => setTimeout(resolve, 1000));
      const waiting = publish();
      await new Promise((resolve) => setImmediate(resolve));
      let told = 'nothing';
      waiting.then((code) => { told = code; });
      await bus.close();
      const isOver = () => !process.getActiveResourcesInfo().includes('Timeout');
      for (let i = 0; i < 20 && !isOver(); i++) await new Promise((resolve) => setTimeout(resolve, 50));
      console.log(told, isOver() ? 'over' : 'not over');`;
    const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' });
    expect(stdout.trim()).toBe('closed over');
  });

  it('goes on where it was after it was killed and came back with its data', async () => {
    const redis = await redisWith(...alwaysKept);
    const bus = await busAt(redis.url);
    const { ids, troubles } = collect(bus);
    await bus.publish([anEvent('1'), anEvent('2')]);
    await expect.poll(async () => (await bus.groups())[0]?.lag, within).toBe(0);
    await redis.kill();
    await redis.start();
    await expect
      .poll(
        () =>
          bus.publish([anEvent('3')]).then(
            () => true,
            () => false,
          ),
        within,
      )
      .toBe(true);
    await expect.poll(() => ids.includes('3'), within).toBe(true);
    expect(new Set(ids)).toEqual(new Set(['1', '2', '3']));
    expect(troubles.at(-1) ?? null).toBe(null);
  });

  it('has its groups made anew when its data is lost, and that is said', async () => {
    const redis = await redisWith();
    const bus = await busAt(redis.url);
    const { ids, troubles } = collect(bus);
    await bus.publish([anEvent('1')]);
    await expect.poll(() => ids, within).toEqual(['1']);
    tell(redis, 'FLUSHALL');
    await expect.poll(() => troubles, within).toContainEqual(expect.stringMatching(/group mails is gone/));
    await bus.publish([anEvent('2')]);
    await expect.poll(() => ids, within).toEqual(['1', '2']);
    await expect.poll(() => troubles.at(-1), within).toBe(null);
  });

  it('rejects what it does not answer, and goes on once it does', async () => {
    const redis = await redisWith();
    const bus = await busAt(redis.url);
    await bus.publish([anEvent('1')]);
    redis.signal('SIGSTOP');
    await expect(bus.publish([anEvent('2')])).rejects.toMatchObject({ code: 'unavailable' });
    redis.signal('SIGCONT');
    await expect
      .poll(
        () =>
          bus.publish([anEvent('3')]).then(
            () => true,
            () => false,
          ),
        within,
      )
      .toBe(true);
    const { ids } = collect(bus);
    await expect.poll(() => ids, within).toContain('3');
  });

  it('is opened with a password, which no message tells', async () => {
    const password = `secret-${randomUUID()}`;
    const redis = await redisWith('--requirepass', password);
    const right = await busAt(redis.url.replace('//', `//default:${password}@`));
    await right.publish([anEvent('1')]);
    for (const credentials of ['', `default:wrong-${password}@`]) {
      const wrong = await busAt(redis.url.replace('//', `//${credentials}`));
      const error = await wrong.publish([anEvent('2')]).then(
        () => null,
        (error: Error) => error,
      );
      expect(error?.message).toMatch(/Redis at 127\.0\.0\.1:\d+ .*password in its URL/);
      expect(`${error?.message}${JSON.stringify(error)}${String(error?.cause)}`).not.toContain(password);
    }
  });

  it('says that it is full, and takes events again once it is not', async () => {
    const redis = await redisWith('--maxmemory', '3mb', '--maxmemory-policy', 'noeviction');
    const bus = await busAt(redis.url);
    const large = (id: string): Promise<void> => bus.publish([anEvent(id, { data: 'x'.repeat(500_000) })]);
    const filling = (async () => {
      for (let i = 0; i < 20; i++) await large(String(i));
    })();
    await expect(filling).rejects.toMatchObject({ code: 'unavailable', message: expect.stringMatching(/maxmemory/) });
    tell(redis, 'CONFIG', 'SET', 'maxmemory', '100mb');
    await large('after');
  });

  it('may hold what is no event: that is a dead letter, and the rest goes on', async () => {
    const redis = await redisWith();
    const bus = await busAt(redis.url);
    for (let partition = 0; partition < 8; partition++)
      tell(redis, 'XADD', `{trouble}:${partition}`, '1-1', 'foo', 'bar');
    const { ids } = collect(bus);
    await bus.publish([anEvent('1')]);
    await expect.poll(() => ids, within).toEqual(['1']);
    await expect.poll(() => bus.deadLetters(), within).toHaveLength(8);
    expect((await bus.deadLetters())[0]).toMatchObject({
      error: expect.stringMatching(/no CloudEvent/),
      event: { type: 'strangler.unreadable', data: '["foo","bar"]' },
    });
    expect((await bus.read({ limit: 10 })).map(({ event }) => event.id)).toEqual(['1']);
  });

  it('asks for no more large events at a time than it can be answered with', async () => {
    const redis = await redisWith();
    const bus = await busAt(redis.url);
    for (let i = 0; i < 30; i++) await bus.publish([anEvent(String(i), { subject: 'a', data: 'x'.repeat(900_000) })]);
    let asked: number | null = null;
    let handled = 0;
    bus.consume({ group: 'mails' }, async () => {
      asked ??= pendingOf(redis);
      handled += 1;
    });
    await expect.poll(() => handled, within).toBe(30);
    expect(asked).toBeLessThan(13);
  });

  it('lets go of large events in several steps', async () => {
    const redis = await redisWith();
    const bus = await busAt(redis.url);
    for (let i = 0; i < 30; i++) await bus.publish([anEvent(String(i), { data: 'x'.repeat(900_000) })]);
    tell(redis, 'CONFIG', 'RESETSTAT');
    await bus.trim({ keep: 3_600_000, most: 3 });
    expect((await bus.read({ limit: 100 })).map(({ event }) => event.id)).toEqual(['27', '28', '29']);
    const scripts = /cmdstat_evalsha:calls=(\d+)/.exec(tell(redis, 'INFO', 'commandstats'))?.[1];
    expect(Number(scripts)).toBeGreaterThan(4);
  });

  it('keeps what was pending of a group readable, when it was trimmed away meanwhile', async () => {
    const redis = await redisWith();
    const bus = await busAt(redis.url);
    const consumer = bus.consume({ group: 'mails', attempts: 99, backoff: 60_000 }, async () => {
      throw new Error('later');
    });
    const events = Array.from({ length: 5 }, (_, i) => anEvent(String(i), { subject: 'a' }));
    await bus.publish(events);
    await expect.poll(async () => (await bus.groups())[0]?.lag, within).toBe(5);
    await consumer.stop();
    expect(await bus.trim({ keep: 3_600_000, most: 2 })).toEqual([{ group: 'mails', events: 3 }]);
    const { ids } = collect(bus);
    await expect.poll(() => ids, within).toEqual(['3', '4']);
    await expect.poll(async () => (await bus.groups())[0]?.lag, within).toBe(0);
  });
});

function tell(redis: PrivateRedis, ...words: readonly string[]): string {
  const { status, stderr, stdout } = spawnSync('redis-cli', ['-p', String(redis.port), ...words], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return stdout;
}

/** Of the group, in all partitions. */
function pendingOf(redis: PrivateRedis): number {
  const counts = Array.from({ length: 8 }, (_, partition) =>
    Number(tell(redis, 'XPENDING', `{trouble}:${partition}`, 'mails').split('\n')[0]),
  );
  return counts.reduce((sum, each) => sum + each, 0);
}
