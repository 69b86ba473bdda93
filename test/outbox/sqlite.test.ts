import { existsSync } from 'node:fs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { answered, describeOutbox, intent } from '../contract/outbox.ts';
import { join, newFolder, openAt } from './place.ts';

describeOutbox('on SQLite', async () => {
  const folder = await newFolder();
  return {
    open: ({ most } = { most: 1_000 }) =>
      openAt(join(folder.path, 'state.outbox.db'), { bounds: { keep: 60_000, most } }),
    remove: folder.remove,
  };
});

async function newPath(): Promise<string> {
  const folder = await newFolder();
  onTestFinished(folder.remove);
  return join(folder.path, 'state.outbox.db');
}

describe('an outbox file', () => {
  it('is only made when there is something to write', async () => {
    const path = await newPath();
    const outbox = await openAt(path);
    expect(await outbox.standing()).toEqual({ pending: 0, oldest: null, uncertain: 0 });
    expect([await outbox.take('a'), await outbox.uncertain(1)]).toEqual([[], []]);
    expect(existsSync(path)).toBe(false);
    await outbox.intend([intent()]);
    expect(existsSync(path)).toBe(true);
    await outbox.close();
  });

  it('makes the intents of whoever is stopped uncertain, and keeps the rest', async () => {
    const path = await newPath();
    const first = await openAt(path);
    const [left, told] = [intent(), intent()];
    await first.intend([left, told]);
    await first.record(answered(told));
    await first.close();
    const second = await openAt(path);
    expect(await second.uncertain(10)).toMatchObject([{ id: left.id, reason: 'the proxy was stopped before it knew' }]);
    expect(await second.take('b')).toMatchObject([{ id: told.id }]);
    await second.close();
  });

  it('is shared: intents of others who are alive stay theirs, and events are seen by all', async () => {
    const path = await newPath();
    const [one, other] = await Promise.all([openAt(path), openAt(path)]);
    const both = [intent(), intent()];
    await Promise.all([one.intend([both[0]!]), other.intend([both[1]!])]);
    expect(await one.uncertain(10)).toEqual([]);
    await other.record(answered(both[1]!));
    expect(await one.take('a')).toMatchObject([{ id: both[1]!.id }]);
    expect(await other.take('b')).toBeNull();
    await Promise.all([one.close(), other.close()]);
  });

  it('writes what comes together at once, all of it', async () => {
    const path = await newPath();
    const outbox = await openAt(path, { sync: 'disk' });
    const intents = Array.from({ length: 500 }, () => intent());
    await Promise.all(intents.map((each) => outbox.intend([each])));
    const results = await Promise.all(intents.map((each, index) => outbox.record(answered(each, `{"id":${index}}`))));
    expect(results.flat().every((why) => why === null)).toBe(true);
    expect(await outbox.standing()).toMatchObject({ pending: 500, uncertain: 0 });
    const [first] = (await outbox.take('a'))!;
    expect(first!.subject).toBe('0');
    await outbox.close();
  });
});
