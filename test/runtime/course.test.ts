import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadSettings, type ValidFile } from '../../src/config/load.ts';
import type { LiveRoute } from '../../src/domain/live.ts';
import type { Rollout } from '../../src/domain/rollout/model.ts';
import type { Settings } from '../../src/domain/settings.ts';
import { StateError } from '../../src/domain/state-error.ts';
import type { DomainEvent, State } from '../../src/ports.ts';
import { type Course, setCourse } from '../../src/runtime/course.ts';
import { memoryState } from '../../src/state/memory.ts';
import { start } from '../contract/rollouts.ts';

const yaml = (percent: number, more = '') => `version: 1
state: memory
legacy: { url: http://127.0.0.1:1 }
services: { orders: { url: http://127.0.0.1:2 } }
routes:
  - { id: order-read, match: GET /api/orders/:id, service: orders, percent: ${percent} }
${more}`;

const another = '  - { id: order-list, match: GET /api/orders, service: orders, percent: 7 }\n';

let folder: string;
let file: string;
let state: State;
let course: Course;
let applied: { settings: Settings; live: readonly LiveRoute[]; rollouts: readonly Rollout[] }[];
let events: DomainEvent[];
let heard: (event: DomainEvent) => void;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'strangler-course-'));
  file = join(folder, 'routes.yaml');
  state = memoryState({ now: Date.now });
  applied = [];
  events = [];
  heard = () => undefined;
});

afterEach(async () => {
  course?.stop();
  await rm(folder, { recursive: true, force: true });
});

async function set(text: string): Promise<void> {
  await writeFile(file, text);
  course = await setCourse((await loadSettings(file, {})) as ValidFile, {
    file,
    env: {},
    state,
    clock: { now: Date.now },
    who: 'test',
    apply: (settings, live, rollouts) => void applied.push({ settings, live, rollouts }),
    events: {
      emit(event) {
        events.push(event);
        heard(event);
      },
    },
  });
}

/** Saves, and resolves with the first event of that type that comes of it. */
async function save<T extends DomainEvent['type']>(text: string, until: T): Promise<DomainEvent & { type: T }> {
  const found = new Promise<DomainEvent & { type: T }>((resolve) => {
    heard = (event) => {
      if (event.type === until) resolve(event as DomainEvent & { type: T });
    };
  });
  await writeFile(file, text);
  return found;
}

const percents = (rows: readonly LiveRoute[]) => rows.map(({ route, live }) => [route, live]);

describe('the course', () => {
  it('begins with what the file declares and the state remembers', async () => {
    await set(yaml(10));
    expect(percents(course.live)).toEqual([['order-read', 10]]);
    expect(applied.at(-1)!.settings.routes).toHaveLength(1);
  });

  it('applies a saved file together with the percents that it declares', async () => {
    await set(yaml(10));
    await save(yaml(20, another), 'reload.applied');
    expect(percents(applied.at(-1)!.live)).toEqual([
      ['order-list', 7],
      ['order-read', 20],
    ]);
    expect(course.reloads).toEqual({ applied: 1, rejected: 0 });
  });

  it('leaves a shift alone when a save does not touch its percent', async () => {
    await set(yaml(10));
    await state.change({ kind: 'shift', routes: ['order-read'], percent: 33, who: 'ada', reason: null });
    await save(yaml(10, another), 'reload.applied');
    expect(percents(course.live)).toContainEqual(['order-read', 33]);
  });

  it('keeps everything when a save is invalid, and forgets the problem when it is taken back', async () => {
    await set(yaml(10));
    const applications = applied.length;
    const { problems } = await save(yaml(101), 'reload.rejected');
    expect(problems[0]).toMatch(/routes\.yaml:6:\d+ /);
    expect(course.problems).toEqual(problems);
    expect(applied).toHaveLength(applications);
    await save(yaml(10), 'reload.applied');
    expect(course.problems).toEqual([]);
    expect(applied).toHaveLength(applications);
    expect(course.reloads).toEqual({ applied: 1, rejected: 1 });
  });

  it('does nothing when it is told to reload what is in force', async () => {
    await set(yaml(10));
    const before = events.length;
    await course.reload();
    expect(events).toHaveLength(before);
  });

  it('takes a saved file up while the state is down, and declares it when that is back', async () => {
    await set(yaml(10));
    await state.change({ kind: 'shift', routes: ['order-read'], percent: 33, who: 'ada', reason: null });
    const { change } = state;
    state.change = () => Promise.reject(new Error('the disk is full'));
    const { error } = await save(yaml(20, another), 'state.unavailable');
    expect(error).toBe('the disk is full');
    expect(course.stateTrouble).toBe('the disk is full');
    const meanwhile = applied.at(-1)!;
    expect(meanwhile.settings.routes.map(({ id }) => id)).toEqual(['order-read', 'order-list']);
    expect(percents(meanwhile.live)).toEqual([['order-read', 33]]);

    const recovered = new Promise<void>((resolve) => {
      heard = ({ type }) => type === 'state.recovered' && resolve();
    });
    state.change = change;
    await recovered;
    expect(course.stateTrouble).toBeNull();
    expect(percents(course.live)).toEqual([
      ['order-list', 7],
      ['order-read', 20],
    ]);
  });

  it('is in force with a rollback that the state can not take, and gives it when that is back', async () => {
    await set(yaml(10));
    const { change } = state;
    state.change = () => Promise.reject(new StateError('unavailable', 'the disk is full'));
    const order = { kind: 'rollback', routes: ['order-read'], who: 'ada', reason: 'fire' } as const;
    const outcome = await course.change(order);
    expect(outcome.held).toMatch(/could not take this yet/);
    expect(percents(applied.at(-1)!.live)).toEqual([['order-read', 0]]);
    await expect(course.change({ ...order, kind: 'shift', percent: 5 })).rejects.toThrow('the disk is full');

    const recovered = new Promise<void>((resolve) => {
      heard = ({ type }) => type === 'state.recovered' && resolve();
    });
    state.change = change;
    await recovered;
    expect(await state.read()).toMatchObject([{ route: 'order-read', live: 0, latched: true }]);
    expect(await state.history({ limit: 1 })).toMatchObject([{ source: 'rollback', who: 'ada', reason: 'fire' }]);
  });

  it('waits for no state that does not answer when callers are to be saved', async () => {
    await set(yaml(10));
    state.change = () => new Promise(() => undefined);
    const outcome = await course.change({ kind: 'rollback', routes: null, who: 'ada', reason: null });
    expect(outcome.held).toBeDefined();
    expect(percents(course.live)).toEqual([['order-read', 0]]);
  });

  it('follows rollouts, and builds nothing anew because one has held on', async () => {
    await set(yaml(0));
    await state.change(start({ routes: ['order-read'] }));
    expect(percents(course.live)).toEqual([['order-read', 1]]);
    expect(applied.at(-1)!.rollouts).toEqual(course.rollouts);
    const applications = applied.length;
    const [seen] = course.rollouts;
    const to = { ...seen!, held: 250 };
    const author = { source: 'rollout', who: 'test', reason: null } as const;
    await state.change({ kind: 'rollout', name: 'orders', version: 1, to, ...author });
    expect(course.rollouts).toMatchObject([{ held: 250, version: 2 }]);
    expect(applied).toHaveLength(applications);
    const steering = { kind: 'rollout-steer', name: 'orders', who: 'ada', reason: null } as const;
    await course.change({ ...steering, action: 'pause' });
    expect(applied.at(-1)!.rollouts).toMatchObject([{ standing: { phase: 'paused' } }]);
  });

  it.each([
    { kind: 'rollback', routes: ['order-read'], who: 'ada', reason: 'fire' },
    { kind: 'guard', routes: ['order-read'], who: 'strangler', reason: '30 of 60 failed' },
  ] as const)(
    'ends a rollout with a $kind that the state can not take, and gives it when that is back',
    async (order) => {
      await set(yaml(0));
      await state.change(start({ routes: ['order-read'] }));
      const { change } = state;
      state.change = () => Promise.reject(new StateError('unavailable', 'the disk is full'));
      expect((await course.change(order)).held).toMatch(/could not take this yet/);
      const phase = order.kind === 'guard' ? 'failed' : 'aborted';
      expect(course.rollouts).toMatchObject([{ standing: { phase } }]);
      expect(percents(course.live)).toEqual([['order-read', 0]]);

      const recovered = new Promise<void>((resolve) => {
        heard = ({ type }) => type === 'state.recovered' && resolve();
      });
      state.change = change;
      await recovered;
      expect(await state.rollouts()).toMatchObject([{ standing: { phase } }]);
      expect(await state.read()).toMatchObject([{ live: 0, latched: true }]);
    },
  );

  it('serves on with a rollout under way while the state is down, and tells of what became of it', async () => {
    await set(yaml(0));
    await state.change(start({ routes: ['order-read'] }));
    const { change } = state;
    state.change = () => Promise.reject(new StateError('unavailable', 'the disk is full'));
    const steering = { kind: 'rollout-steer', name: 'orders', who: 'ada', reason: null } as const;
    await expect(course.change({ ...steering, action: 'promote' })).rejects.toThrow('the disk is full');
    expect(percents(course.live)).toEqual([['order-read', 1]]);
    state.change = change;
    const told = new Promise<DomainEvent>((resolve) => {
      heard = (event) => event.type === 'route.shifted' && event.entry.what === 'rollout' && resolve(event);
    });
    await course.change({ ...steering, action: 'pause' });
    expect(await told).toMatchObject({ entry: { reason: 'rollout orders paused on step 1 of 4 (1 %)' } });
  });

  it('says so when another file has declared a route meanwhile, and serves on', async () => {
    await set(yaml(10));
    const routes = [{ route: 'order-read', service: 'orders', percent: 77, shadow: 0, retired: false }];
    const previous = [{ route: 'order-read', service: 'orders', percent: 10, shadow: 0, retired: false }];
    await state.change({ kind: 'declare', routes, previous, declaredAt: Date.now(), who: 'another proxy' });
    const { route } = await save(yaml(20), 'state.conflict');
    expect(route).toBe('order-read');
    expect(course.conflicts).toHaveLength(1);
    expect(percents(course.live)).toEqual([['order-read', 77]]);
  });

  it('tells of a warning once, not at every save', async () => {
    await set(yaml(10));
    const shadowed = `${another}  - { id: late, match: GET /api/orders, service: orders, percent: 1 }\n`;
    await save(yaml(10, shadowed), 'reload.applied');
    await save(yaml(11, shadowed), 'reload.applied');
    expect(events.filter(({ type }) => type === 'reload.warned')).toHaveLength(1);
  });

  it('names what only a restart takes up, until it is taken back', async () => {
    await set(yaml(10));
    const { settings } = await save(`${yaml(10)}admin: { port: 9191 }\n`, 'restart.needed');
    expect(settings).toEqual(['admin.port']);
    await save(yaml(10), 'reload.applied');
    expect(course.restartNeeded).toEqual([]);
  });
});
