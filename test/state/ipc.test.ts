import { type ChildProcess, fork } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LiveRoute } from '../../src/domain/live.ts';
import type { State } from '../../src/ports.ts';
import { followState, serveState } from '../../src/state/ipc.ts';
import { memoryState } from '../../src/state/memory.ts';
import { openSqliteState } from '../../src/state/sqlite.ts';
import { declare, describeState, order, rollback, shift } from '../contract/state.ts';
import { compiledWorker, newFolder, program } from './place.ts';

/** What the child of `programs/follower.mjs` says. */
interface Said {
  readonly seen?: readonly LiveRoute[];
  readonly trouble?: { readonly code: string } | null;
  readonly answers?: number;
  readonly value?: unknown;
  readonly error?: unknown;
}

class Follower {
  readonly child: ChildProcess = fork(program('follower.mjs'));
  readonly seen: (readonly LiveRoute[])[] = [];
  readonly trouble: unknown[] = [];
  #asked = 0;

  constructor(state: State) {
    serveState(state, this.child);
    this.child.on('message', (message: Said) => {
      if (message.seen !== undefined) this.seen.push(message.seen);
      if (message.trouble !== undefined) this.trouble.push(message.trouble);
    });
  }

  run(method: 'read' | 'change' | 'history', argument?: object): Promise<Said> {
    this.#asked += 1;
    const id = this.#asked;
    return new Promise((resolve, reject) => {
      this.child.once('exit', () => reject(new Error('the follower ended without an answer')));
      const listener = (message: Said): void => {
        if (message.answers !== id) return;
        this.child.off('message', listener);
        resolve(message);
      };
      this.child.on('message', listener);
      this.child.send({ run: method, id, argument });
    });
  }

  async end(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.kill();
    await once(this.child, 'exit');
  }
}

describe('a fleet of worker processes', () => {
  let folder: Awaited<ReturnType<typeof newFolder>>;
  let path: string;
  let state: State;
  let fleet: Follower[];

  beforeEach(async () => {
    folder = await newFolder();
    path = join(folder.path, 'state.db');
    state = await openSqliteState({ path, clock: Date, worker: compiledWorker });
    await state.change(declare([order(25)]));
    fleet = [new Follower(state), new Follower(state)];
    await Promise.all(fleet.map((follower) => follower.run('read')));
  });
  afterEach(async () => {
    await Promise.all(fleet.map((follower) => follower.end()));
    await state.close();
    await folder.remove();
  });

  it('sees what the primary sees', async () => {
    const answers = await Promise.all(fleet.map((follower) => follower.run('read')));
    const rows = await state.read();
    expect(answers.map((answer) => answer.value)).toEqual([rows, rows]);
    const [entry] = await state.history({ limit: 1 });
    const query = { limit: 1, route: 'order' };
    expect(await fleet[0]?.run('history', query)).toMatchObject({ value: [entry] });
  });

  it('hears of every shift, whoever makes it', async () => {
    await state.change(shift(['order'], 41));
    const answer = await fleet[0]?.run('change', rollback(['order'], 'nul\0 and ü'));
    expect(answer?.value).toMatchObject({ live: [{ live: 0, latched: true }] });
    for (const follower of fleet) {
      await expect.poll(() => follower.seen.map((rows) => rows[0]?.live)).toEqual([41, 0]);
    }
    expect(await state.history({ limit: 1 })).toMatchObject([{ reason: 'nul\0 and ü', who: 'carol' }]);
  });

  it('gets the errors that the primary gets', async () => {
    const [follower] = fleet as [Follower, Follower];
    for (const percent of [101, Number.NaN]) {
      expect(await follower.run('change', shift(['order'], percent))).toMatchObject({ error: { name: 'RangeError' } });
    }
    await state.close();
    expect(await follower.run('change', shift(['order'], 1))).toMatchObject({
      error: { name: 'StateError', code: 'closed' },
    });
  });

  it('hears of trouble and of its end', async () => {
    const [follower] = fleet as [Follower, Follower];
    await rename(path, `${path}.away`);
    await expect.poll(() => follower.trouble).toMatchObject([{ name: 'StateError', code: 'unavailable' }]);
    await rename(`${path}.away`, path);
    await expect.poll(() => follower.trouble).toMatchObject([{ code: 'unavailable' }, null]);
  });

  it('goes on without a worker that died', async () => {
    const [dead, alive] = fleet as [Follower, Follower];
    dead.child.kill('SIGKILL');
    await once(dead.child, 'exit');
    await state.change(shift(['order'], 42));
    await expect.poll(() => alive.seen.at(-1)).toMatchObject([{ live: 42 }]);
  });
});

/** Two ends of one channel in one process, as JSON as the real one. */
function channelPair(): [TestChannel, TestChannel] {
  const one = new TestChannel();
  const two = new TestChannel();
  one.other = two;
  two.other = one;
  return [one, two];
}

class TestChannel extends EventEmitter {
  other: TestChannel | null = null;

  send(message: object, _handle: undefined, _options: undefined, callback: (error: Error | null) => void): boolean {
    const text = JSON.stringify(message);
    const { other } = this;
    setImmediate(() => {
      if (other === null || this.other === null) callback(new Error('channel closed'));
      else other.emit('message', JSON.parse(text));
    });
    return true;
  }

  disconnect(): void {
    for (const end of [this, this.other]) {
      if (end === null) continue;
      end.other = null;
      end.emit('disconnect');
    }
  }
}

describeState('followed', async () => {
  let primary: State | null = null;
  return {
    open: async (clock) => {
      primary ??= memoryState(clock);
      const [here, there] = channelPair();
      serveState(primary, there);
      return followState(here);
    },
    remove: async () => {},
  };
});

describe('a followed state', () => {
  it('fails and says so when the primary goes away, without an exception of its own', async () => {
    const [here, there] = channelPair();
    const primary = memoryState(Date);
    serveState(primary, there);
    const followed = followState(here);
    const trouble: (Error | null)[] = [];
    followed.watch(
      () => {},
      (error) => trouble.push(error),
    );
    const asked = followed.read();
    there.disconnect();
    await expect(asked).rejects.toMatchObject({ code: 'unavailable', message: expect.stringMatching(/primary/) });
    await expect(followed.read()).rejects.toMatchObject({ code: 'unavailable' });
    expect(trouble).toMatchObject([{ code: 'unavailable' }]);
    await primary.change(declare([order(1)]));
    expect(there.listenerCount('message')).toBe(0);
  });

  it("passes over the channel's other messages", async () => {
    const [here, there] = channelPair();
    serveState(memoryState(Date), there);
    const followed = followState(here);
    for (const foreign of [{ about: 'metrics' }, 'text', 7, null, [1]]) {
      here.emit('message', foreign);
      there.emit('message', foreign);
    }
    expect(await followed.read()).toEqual([]);
  });
});
