import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openEventBus } from '../../src/events.ts';
import type { EventBus } from '../../src/ports.ts';
import { sqliteDriver } from '../../src/sqlite/driver.ts';
import { anEvent } from '../contract/bus.ts';
import { compiledBusWorker } from './place.ts';
import { startProgram } from './program.ts';

const within = { timeout: 20_000, interval: 20 };

describe('the events file', () => {
  let folder: string;
  let path: string;
  const buses: EventBus[] = [];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'strangler-bus-'));
    path = join(folder, 'events.db');
  });
  afterEach(async () => {
    await Promise.all(buses.splice(0).map((bus) => bus.close()));
    await rm(folder, { recursive: true, force: true });
  });
  const open = async (): Promise<EventBus> => {
    const bus = await openEventBus(`sqlite:${path}`, { worker: compiledBusWorker, lease: 1_500 });
    buses.push(bus);
    return bus;
  };

  it('has everything that was acknowledged to processes that were killed', async () => {
    const programs = ['a', 'b'].map((name) => startProgram('publish-forever.mjs', `sqlite:${path}`, 'any', name));
    await expect.poll(() => programs.every((program) => program.done().length > 50), within).toBe(true);
    for (const { process: child } of programs) {
      child.kill('SIGKILL');
      await once(child, 'close');
    }
    const bus = await open();
    const ids = (await bus.read({ limit: 1_000_000 })).map(({ event }) => event.id);
    for (const program of programs) expect(program.done().filter((id) => !ids.includes(id))).toEqual([]);
    for (const name of ['a', 'b']) {
      const theirs = ids.filter((id) => id.startsWith(`${name}-`)).map((id) => Number(id.slice(2)));
      expect(theirs).toEqual(theirs.map((_, i) => i));
    }
  });

  it('is told from any other file, with the way out', async () => {
    await writeFile(path, 'these are the minutes of a meeting, and no database at all'.repeat(20));
    await expect(openEventBus(`sqlite:${path}`, { worker: compiledBusWorker })).rejects.toMatchObject({
      name: 'BusError',
      code: 'foreign',
      message: expect.stringMatching(/events\.db is not a file of strangler's events.*events: bus:/),
    });
  });

  it('may be locked for a while: consumers hear of it, and go on', async () => {
    const bus = await open();
    const ids: string[] = [];
    const troubles: (string | null)[] = [];
    const onTrouble = (error: Error | null): void => void troubles.push(error?.message ?? null);
    bus.consume({ group: 'mails', onTrouble }, async ({ id }) => void ids.push(id));
    await bus.publish([anEvent('1')]);
    await expect.poll(() => ids, within).toEqual(['1']);
    const other = new (sqliteDriver())(path);
    other.exec('BEGIN IMMEDIATE');
    await expect(bus.publish([anEvent('2')])).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/another process has kept it locked/),
    });
    await expect.poll(() => troubles.at(-1), within).toMatch(/locked/);
    other.exec('ROLLBACK');
    other.close();
    await bus.publish([anEvent('3')]);
    await expect.poll(() => ids.includes('3'), within).toBe(true);
    await expect.poll(() => troubles.at(-1), within).toBe(null);
  });
});

it('is opened by a location that is one, and by no other', async () => {
  for (const wrong of ['', 'sqlite:', 'sqlite::memory:', 'mysql://u:secret@h', 'redis:', 'kafka://nowhere', '/tmp/x']) {
    const error = await openEventBus(wrong).then(
      () => null,
      (error: Error) => error,
    );
    expect(error, wrong).toMatchObject({ code: 'unknown' });
    expect(error?.message).not.toContain('secret');
  }
});
