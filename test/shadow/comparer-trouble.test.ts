import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { unshadowed } from '../../src/domain/shadow.ts';
import type { Pair } from '../../src/shadow/pair.ts';
import { addsUp, json, lookThat, pair, seen, settingsOf, shadowed, shadowedRoute, startComparer } from './pairs.ts';

/** Takes for ever on `aaaa…!`. */
const catastrophic = { at: 'body', pattern: '(a+)+$', flags: '', replacement: '' };
const trap = seen(`${'a'.repeat(60)}!`);
const catastrophicRoute = shadowedRoute(shadowed({}, { normalize: [catastrophic] }));
const otherRoute = shadowedRoute(shadowed(), { id: 'other' });

describe('a rule without an end', () => {
  const limits = { patience: 400 };

  it('is ended and named, and costs its own route only', async () => {
    const { comparer, counted, events, until } = startComparer(settingsOf(catastrophicRoute, otherRoute), { limits });
    comparer.compare(pair(trap, seen('b')));
    await until(() => events.length === 2);
    expect(events).toEqual([
      { type: 'comparer.restarted', reason: expect.stringContaining('400 ms'), lost: 1 },
      {
        type: 'compare.failed',
        route: 'r',
        rule: 'normalize body: s#(a+)+$##',
        error: expect.stringContaining('400 ms'),
      },
    ]);
    for (let i = 0; i < 50; i++) {
      comparer.compare(pair(trap, seen('b')));
      comparer.compare(pair(json(1), json(1), { route: 'other' }));
    }
    expect(await counted(50, 'other')).toMatchObject({ compared: 50, matched: 50, skipped: {} });
    expect((await counted(51)).skipped).toEqual({ 'compare-failed': 51 });
    expect(events).toHaveLength(2);
  });

  it('does not end the worker again by pairs that waited behind it', async () => {
    const { comparer, counted, events } = startComparer(settingsOf(catastrophicRoute, otherRoute), { limits });
    for (let i = 0; i < 400; i++) comparer.compare(pair(trap, seen('b')));
    comparer.compare(pair(json(1), json(1), { route: 'other' }));
    expect(await counted(1, 'other')).toMatchObject({ compared: 1 });
    expect((await counted(400)).skipped).toEqual({ 'compare-failed': 400 });
    expect(events.filter(({ type }) => type === 'comparer.restarted')).toHaveLength(1);
  });

  it('is tried again once its route has changed, and not before', async () => {
    const { comparer, counted, until, events } = startComparer(settingsOf(catastrophicRoute), { limits });
    comparer.compare(pair(trap, seen('b')));
    await until(() => events.length === 2);
    comparer.apply(settingsOf(catastrophicRoute, otherRoute));
    comparer.compare(pair(seen('b'), seen('b')));
    expect((await counted(2)).skipped).toEqual({ 'compare-failed': 2 });
    comparer.apply(settingsOf(shadowedRoute(shadowed(), { fingerprint: 'mended' })));
    comparer.compare(pair(seen('b'), seen('b'), { at: Date.now() + 1 }));
    expect(await counted(3)).toMatchObject({ compared: 1, matched: 1 });
  });
});

describe('a worker that dies', () => {
  it('of a document that is too much for its memory costs what it had in hand, counted', async () => {
    const limits = { heap: 8, patience: 30_000 };
    const { comparer, counted, events, until } = startComparer(settingsOf(shadowedRoute(), otherRoute), { limits });
    comparer.compare(pair(json(1), json(1)));
    await counted(1);
    const lines = Array.from({ length: 80_000 }, (_, i) => `${i} bottles`).join('\n');
    comparer.compare(pair(seen(lines), seen(`${lines}.`)));
    await until(() => events.length > 0);
    expect(events).toEqual([{ type: 'comparer.restarted', reason: 'out of memory', lost: 1 }]);
    comparer.compare(pair(json(1), json(1), { route: 'other' }));
    expect(await counted(1, 'other')).toMatchObject({ compared: 1 });
    expect(await counted(2)).toMatchObject({ compared: 1, skipped: { 'compare-failed': 1 } });
    expect(comparer.waiting).toBe(0);
  });

  it('by its thread not starting loses no count', async () => {
    const nowhere = new URL('file:///nowhere/comparer-worker.js');
    const { comparer, events, tally, until } = startComparer(undefined, { worker: nowhere, limits: { closing: 200 } });
    for (let deaths = 1; deaths <= 3; deaths++) {
      comparer.compare(pair(json(1), json(1)));
      await until(() => events.length === deaths);
    }
    comparer.compare(pair(json(1), json(1)));
    await comparer.close();
    expect(events.every(({ type }) => type === 'comparer.restarted')).toBe(true);
    expect(tally()).toMatchObject({ eligible: 4, compared: 0, skipped: { 'compare-failed': 4 } });
  });

  it('forgets what it was to ask once more, and counts it', async () => {
    const confirming = shadowedRoute(shadowed({ confirm: 60_000 }), { id: 'confirming' });
    const limits = { patience: 400 };
    const { comparer, counted } = startComparer(settingsOf(confirming, catastrophicRoute), { limits });
    let told: Parameters<NonNullable<Pair['look']>['ask']>[2] | undefined;
    const asked = new Promise<void>((resolve) => {
      const look: Pair['look'] = {
        ask(_delay, _path, tell) {
          told = tell;
          resolve();
        },
      };
      comparer.compare(pair(json({ a: 1 }), json({ a: 2 }), { route: 'confirming', look }));
    });
    await asked;
    comparer.compare(pair(trap, seen('b')));
    expect((await counted(1, 'confirming')).skipped).toEqual({ 'compare-failed': 1 });
    told!({ legacy: json(1), service: json(1) });
    comparer.compare(pair(json(1), json(1), { route: 'confirming' }));
    expect(await counted(2, 'confirming')).toMatchObject({ eligible: 2, compared: 1 });
    expect(comparer.waiting).toBe(0);
  });
});

describe('documents that mean harm', () => {
  it.each([
    ['nested a million times', '['.repeat(500_000) + ']'.repeat(500_000)],
    ['with a million members', `[${'1,'.repeat(500_000)}1]`],
    ['with a number of a million digits', '9'.repeat(1_000_000)],
    ['with names that repeat', `{${'"a":1,'.repeat(100_000)}"a":2}`],
    ['with names that mean something to a program', '{"__proto__":{"x":1},"constructor":1,"toString":2}'],
    ['without an end', '{"a":['.repeat(1_000)],
    ['of no text at all', '\u0000\u0001\ufffe'],
  ])('%s', async (_, text) => {
    const { comparer, counted, events } = startComparer();
    const hostile = seen(text, { headers: ['Content-Type', 'application/json'] });
    comparer.compare(pair(hostile, hostile));
    comparer.compare(pair(hostile, json({ a: 1 })));
    comparer.compare(pair(json({ a: 1 }), hostile));
    expect(await counted(3)).toMatchObject({ compared: 3, matched: 1 });
    expect(events).toEqual([]);
  });
});

describe('a reload', () => {
  it('leaves late pairs with what they began with', async () => {
    let now = 1_000_000;
    const { comparer, batches, until } = startComparer(settingsOf(shadowedRoute(), otherRoute), { now: () => now });
    now += 100;
    comparer.apply(
      settingsOf(shadowedRoute(shadowed({}, { ignore: ['$.a'] }), { fingerprint: 'cafe', service: 'new' })),
    );
    const at = (time: number, route = 'r') => pair(json({ a: 1 }), json({ a: 2 }), { at: time, route });
    comparer.compare(at(now - 50));
    comparer.compare(at(now + 50));
    comparer.compare(at(now + 50, 'other'));
    const tallies = () => batches.flatMap((batch) => batch.tallies);
    await until(() => tallies().reduce((sum, { eligible }) => sum + eligible, 0) === 3);
    const byFingerprint = (route: string, fingerprint: string) =>
      tallies().filter((tally) => tally.route === route && tally.fingerprint === fingerprint);
    expect(byFingerprint('r', 'f00d')).toMatchObject([{ service: 'orders', compared: 1, matched: 0 }]);
    expect(byFingerprint('r', 'cafe')).toMatchObject([{ service: 'new', compared: 1, matched: 1, matchedByRules: 1 }]);
    expect(byFingerprint('other', 'f00d')).toMatchObject([{ compared: 1, matched: 0 }]);
  });
});

describe('whatever happens', () => {
  it('counts every pair once', async () => {
    const legacies = fc.constantFrom(
      json({ a: 1 }),
      json({ a: 1 }, { status: 500 }),
      json({ a: 1 }, { whole: false }),
      seen('x', { headers: ['content-encoding', 'gzip'] }),
      seen(''),
      seen('not json', { headers: ['content-type', 'application/json'] }),
    );
    const services = fc.constantFrom(
      json({ a: 1 }),
      json({ a: 2 }, { whole: false }),
      json({ a: 3, b: 1 }, { status: 404 }),
      trap,
    );
    const looks = fc.constantFrom(
      null,
      lookThat(() => null),
      lookThat(() => ({ legacy: json({ a: 1 }), service: json({ a: 1 }) })),
      lookThat(() => ({ legacy: json({ a: 2 }), service: json({ a: 2 }) })),
    );
    const pairs = fc.record({
      route: fc.constantFrom('r', 'other', 'trapped'),
      arm: fc.constantFrom('legacy' as const, 'service' as const),
      legacy: legacies,
      service: services,
      again: fc.option(legacies, { freq: 4 }),
      look: looks,
      method: fc.constantFrom('GET', 'HEAD', 'POST'),
      url: fc.webPath(),
    });
    const steps = fc.array(
      fc.oneof({ weight: 20, arbitrary: pairs }, fc.constantFrom('reload', 'skip', 'fail', 'wait', 'trap')),
      { minLength: 1, maxLength: 150 },
    );
    const trapped = shadowedRoute({ ...catastrophicRoute.shadow, confirm: 10 }, { id: 'trapped' });
    const confirming = shadowedRoute(shadowed({ confirm: 10 }));
    await fc.assert(
      fc.asyncProperty(steps, async (taken) => {
        const limits = { patience: 120, waiting: 30_000 };
        const { comparer, batches } = startComparer(settingsOf(confirming, otherRoute, trapped), { limits });
        let given = 0;
        for (const step of taken) {
          if (step === 'reload') comparer.apply(settingsOf({ ...confirming, shadow: unshadowed }, otherRoute, trapped));
          else if (step === 'wait') await new Promise(setImmediate);
          else if (step === 'skip') comparer.tallies.skipped('r', 'legacy', 'not-sampled');
          else if (step === 'fail') comparer.tallies.serviceFailed('other', 'service');
          else if (step === 'trap') comparer.compare(pair(trap, seen('b'), { route: 'trapped' }));
          else comparer.compare(pair(step.legacy, step.service, step));
          if (step !== 'reload' && step !== 'wait') given += 1;
        }
        await comparer.close();
        const tallies = batches.flatMap((batch) => batch.tallies);
        expect(tallies.reduce((sum, { eligible }) => sum + eligible, 0)).toBe(given);
        expect(tallies.every(addsUp)).toBe(true);
        expect(comparer.waiting).toBe(0);
        const figures = comparer.figures().filter(({ outcome }) => outcome !== 'matched');
        expect(figures.reduce((sum, { count }) => sum + count, 0)).toBe(given);
      }),
      { numRuns: 15, endOnFailure: true },
    );
  }, 120_000);
});
