import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { addsUp, json, lookThat, pair, seen, settingsOf, shadowed, shadowedRoute, startComparer } from './pairs.ts';

describe('the comparer', () => {
  it('counts what matched and what did not, with times, URLs and callers', async () => {
    const { comparer, counted, clusters, batches } = startComparer();
    comparer.compare(pair(json({ a: 1 }), json({ a: 1 })));
    comparer.compare(pair(json({ a: 1 }), json({ a: 1 }), { url: '/orders/2', clientIp: '192.0.2.2' }));
    comparer.compare(pair(json({ a: 1, b: 'x' }), json({ a: 2, b: 'x' })));
    comparer.tallies.skipped('r', 'legacy', 'not-sampled');
    comparer.tallies.serviceFailed('r', 'service');
    const tally = await counted(5);
    expect(tally).toMatchObject({ compared: 3, matched: 2, serviceFailed: 1, skipped: { 'not-sampled': 1 } });
    expect(tally.latency).toEqual({ legacy: 3, service: 3 });
    expect(tally.urls.size).toBe(2);
    expect(tally.callers.size).toBe(2);
    const [cluster, ...others] = clusters();
    expect(others).toEqual([]);
    expect(cluster).toMatchObject({ kind: 'value', pattern: '$.a', count: 1, persistent: 0, race: 0, noise: 0 });
    expect(cluster!.examples).toHaveLength(1);
    expect(cluster!.examples[0]).toMatchObject({
      legacy: { body: '{"a":1,"b":"x"}' },
      service: { body: '{"a":2,"b":"x"}' },
    });
    expect(tally.combinations).toEqual({ [cluster!.id]: 1 });
    expect(batches.flatMap(({ tallies }) => tallies).every(addsUp)).toBe(true);
  });

  it('says what it has counted as running totals too', async () => {
    const { comparer, counted } = startComparer();
    comparer.compare(pair(json(1), json(1)));
    comparer.compare(pair(json(1), json(2)));
    comparer.tallies.skipped('r', 'legacy', 'aborted');
    await counted(3);
    expect(comparer.figures()).toEqual(
      expect.arrayContaining([
        { route: 'r', outcome: 'compared', count: 2 },
        { route: 'r', outcome: 'matched', count: 1 },
        { route: 'r', outcome: 'aborted', count: 1 },
      ]),
    );
  });

  it('hands out everything that is left when it closes', async () => {
    const { comparer, tally } = startComparer();
    for (let i = 0; i < 100; i++) comparer.compare(pair(json(i), json(i)));
    await comparer.close();
    expect(tally()).toMatchObject({ eligible: 100, compared: 100, matched: 100 });
    expect(comparer.waiting).toBe(0);
  });

  it('gives back the room of what it has compared', async () => {
    const { comparer, counted } = startComparer();
    comparer.compare(pair(json('x'.repeat(10_000)), json('x'.repeat(10_000))));
    expect(comparer.waiting).toBeGreaterThan(20_000);
    await counted(1);
    expect(comparer.waiting).toBe(0);
  });

  it('refuses what there is no room for, and counts it', async () => {
    const { comparer, counted } = startComparer(undefined, { limits: { waiting: 50_000 } });
    const big = json('x'.repeat(20_000));
    for (let i = 0; i < 5; i++) comparer.compare(pair(big, big));
    const tally = await counted(5);
    expect(tally.compared).toBe(1);
    expect(tally.skipped).toEqual({ 'queue-full': 4 });
  });

  it('has nothing to compare with where legacy failed or said more than is kept', async () => {
    const { comparer, counted } = startComparer();
    comparer.compare(pair(json({}, { status: 503 }), json({})));
    comparer.compare(pair(json({}, { whole: false }), json({})));
    expect((await counted(2)).skipped).toEqual({ 'legacy-failed': 1, 'body-too-large': 1 });
  });

  it('keeps a service that says more than is kept as a mismatch', async () => {
    const { comparer, counted, clusters } = startComparer();
    comparer.compare(pair(json({ a: 1 }), json({ a: 1 }, { whole: false })));
    expect(await counted(1)).toMatchObject({ compared: 1, matched: 0 });
    expect(clusters().map(({ kind }) => kind)).toContain('size');
  });

  it('knows answers that have no body whatever their headers say', async () => {
    const { comparer, counted } = startComparer();
    const gzipped = { headers: ['Content-Type', 'application/json', 'Content-Encoding', 'gzip'] };
    comparer.compare(pair(seen('', gzipped), seen('', gzipped), { method: 'HEAD' }));
    comparer.compare(pair(seen('', { ...gzipped, status: 304 }), seen('', { ...gzipped, status: 304 })));
    comparer.compare(pair(seen('', { ...gzipped, status: 204 }), seen('', { ...gzipped, status: 204 })));
    expect(await counted(3)).toMatchObject({ compared: 3, matched: 3 });
  });

  it('counts under `` what shows more clusters than are kept together', async () => {
    const { comparer, counted } = startComparer();
    const many = (value: number): object =>
      Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`field${i}`, value]));
    comparer.compare(pair(json(many(1)), json(many(2))));
    expect((await counted(1)).combinations).toEqual({ '': 1 });
  });

  it('makes a few examples of a cluster, however often it is seen', async () => {
    const { comparer, counted, clusters } = startComparer();
    for (let i = 0; i < 2_000; i++) comparer.compare(pair(json({ a: 1 }), json({ a: 2 })));
    await counted(2_000);
    expect(clusters()[0]).toMatchObject({ count: 2_000 });
    expect(clusters()[0]!.examples.length).toBeLessThanOrEqual(20);
  });

  it('says nothing of a route that it does not know', async () => {
    const { comparer, counted, batches } = startComparer();
    comparer.compare(pair(json(1), json(1), { route: 'unknown' }));
    comparer.tallies.skipped('unknown', 'legacy', 'aborted');
    comparer.compare(pair(json(1), json(1)));
    await counted(1);
    expect(batches.flatMap(({ tallies }) => tallies).map((tally) => tally.route)).toEqual(['r']);
  });
});

describe('content codings', () => {
  const text = JSON.stringify({ name: 'x'.repeat(1_000) });
  const coded = (coding: string, body: Buffer) =>
    seen(body, { headers: ['Content-Type', 'application/json', 'Content-Encoding', coding] });

  it.each([
    ['gzip', gzipSync(text)],
    ['x-gzip', gzipSync(text)],
    ['GZip', gzipSync(text)],
    ['deflate', deflateSync(text)],
    ['deflate', deflateRawSync(text)],
    ['br', brotliCompressSync(text)],
    ['identity', Buffer.from(text)],
    ['deflate, gzip', gzipSync(deflateSync(text))],
  ])('%s is the same as the plain text', async (coding, body) => {
    const { comparer, counted } = startComparer(
      settingsOf(shadowedRoute(shadowed({}, { ignore: ['header:content-encoding'] }))),
    );
    comparer.compare(pair(coded(coding, body), seen(text, { headers: ['Content-Type', 'application/json'] })));
    expect(await counted(1)).toMatchObject({ compared: 1, matched: 1 });
  });

  const twoGzips = gzipSync(gzipSync(Buffer.alloc(1024 * 1024 + 1)));

  describe.each([
    ['lzma', Buffer.from(text), 'type', 'not decoded: an unknown content coding'],
    ['gzip', Buffer.from('this is no gzip'), 'type', 'not decoded: no gzip: incorrect header check'],
    ['gzip', gzipSync(text).subarray(0, 20), 'type', 'not decoded: no gzip: unexpected end of file'],
    ['br', gzipSync(text), 'type', 'not decoded: no br: Decompression failed'],
    ['deflate', Buffer.from([0x78]), 'type', 'not decoded: no deflate: '],
    ['gzip, gzip, gzip', gzipSync(gzipSync(gzipSync(text))), 'type', 'not decoded: more than 2 content codings'],
    ['gzip', gzipSync(Buffer.alloc(1024 * 1024 + 1)), 'size', 'more than 1048576 bytes when decoded'],
    ['gzip, gzip', twoGzips, 'size', 'more than 1048576 bytes when decoded'],
  ])('%s that can not be undone', (coding, body, kind, why) => {
    it(`is a mismatch of the service's, beside those of the head: ${why}`, async () => {
      const { comparer, counted, clusters, events } = startComparer();
      const service = { ...coded(coding, body), status: 500 };
      comparer.compare(pair(json({ n: 1 }), service));
      expect(await counted(1)).toMatchObject({ compared: 1, matched: 0, skipped: {} });
      expect(clusters().map((one) => `${one.kind} ${one.pattern}`)).toEqual(['status status', `${kind} body`]);
      const [example] = clusters()[0]!.examples;
      expect(example!.mismatches).toContainEqual({
        ...{ kind, path: 'body', pattern: 'body', legacy: '"7 bytes"' },
        service: expect.stringContaining(`"${why}`),
      });
      expect(example!.service).toMatchObject({ body: null, left: kind === 'size' ? 'cut' : 'unparsable' });
      expect(example!.legacy).toMatchObject({ body: '{"n":1}', left: null });
      expect(events).toEqual([]);
    });

    it("leaves nothing to compare with where it is legacy's", async () => {
      const { comparer, counted } = startComparer();
      comparer.compare(pair(coded(coding, body), seen(text)));
      comparer.compare(pair(coded(coding, body), coded(coding, body)));
      expect((await counted(2)).skipped).toEqual({ undecodable: 2 });
    });
  });

  it('are not undone for the beginning of a body, which is told by its size', async () => {
    const { comparer, counted, clusters } = startComparer();
    const service = { ...coded('gzip', gzipSync(text).subarray(0, 20)), whole: false };
    comparer.compare(pair(json(1), service));
    await counted(1);
    const [cluster] = clusters();
    expect([cluster!.kind, cluster!.pattern]).toEqual(['size', 'body']);
    expect(cluster!.examples[0]!.mismatches[0]!.service).toBe('"more than 20 bytes as sent"');
    expect(cluster!.examples[0]!.service.left).toBe('cut');
  });

  it('never show the name of one that strangler does not know: it may be anything', async () => {
    const { comparer, counted, clusters } = startComparer();
    comparer.compare(pair(json(1), coded('4111111111111111', Buffer.from('1'))));
    await counted(1);
    expect(JSON.stringify(clusters())).not.toContain('4111111111111111');
  });

  it('are looked at again like any other mismatch, and are a race where they have gone', async () => {
    const { comparer, counted, clusters } = startComparer(settingsOf(shadowedRoute(shadowed({ confirm: 10 }))));
    const broken = coded('gzip', Buffer.from('this is no gzip'));
    const again = lookThat(() => ({ legacy: json(1), service: broken }));
    const mended = lookThat(() => ({ legacy: json(1), service: json(1) }));
    comparer.compare(pair(json(1), broken, { look: again }));
    await counted(1);
    comparer.compare(pair(json(1), broken, { look: mended }));
    expect(await counted(2)).toMatchObject({ compared: 2, matched: 1, matchedLater: 1, skipped: {} });
    expect(clusters()).toMatchObject([{ kind: 'type', pattern: 'body', persistent: 1, race: 1 }]);
  });

  it('survives a bomb on either side', async () => {
    const { comparer, counted, events } = startComparer();
    const bomb = coded('gzip', gzipSync(Buffer.alloc(50 * 1024 * 1024)));
    for (let i = 0; i < 10; i++) comparer.compare(pair(bomb, bomb));
    for (let i = 0; i < 10; i++) comparer.compare(pair(json(1), bomb));
    comparer.compare(pair(json(1), json(1)));
    expect(await counted(21)).toMatchObject({ compared: 11, matched: 1, skipped: { undecodable: 10 } });
    expect(events).toEqual([]);
  });
});

describe('what calls itself JSON', () => {
  const asJson = (body: string | Buffer) => seen(body, { headers: ['Content-Type', 'application/json'] });
  const deep = 512 * 1024;

  it.each([
    ['a page of HTML', '<h1>oops</h1>', ['type $'], '"not JSON: unexpected < at 0"'],
    ['nothing at all', '', ['missing $'], null],
    ['a number too many', '{"n":1}2', ['type $'], '"not JSON: '],
    ['half of it', '{"n":', ['type $'], '"not JSON: '],
    ['bytes of no text', Buffer.from([0x22, 0xff, 0xfe, 0x22]), ['type $'], null],
    ['half a mebibyte of open brackets', '['.repeat(deep), ['type $'], '"not JSON: '],
    ['as many that are closed again', `${'['.repeat(deep)}${']'.repeat(deep)}`, ['type $'], '[[['],
    ['nested in the field itself', `{"n":${'['.repeat(deep)}${']'.repeat(deep)}}`, ['type $.n'], '[[['],
    ['another value of a key that is given twice', '{"n":2,"n":1}', ['value $.n'], '"key given 2 times: 2, 1"'],
    ['a number beyond all others', '{"n":1e999999}', ['value $.n'], '1e999999'],
  ])('and is %s is reported as what it is', async (_what, body, found, shown) => {
    // Half a mebibyte is compared and redacted in a moment, but not on a machine with other things to do.
    const { comparer, counted, clusters, events } = startComparer(undefined, { limits: { patience: 30_000 } });
    comparer.compare(pair(json({ n: 1 }), asJson(body), { legacy: { ...json({ n: 1 }), status: 201 } }));
    expect(await counted(1)).toMatchObject({ compared: 1, matched: 0, skipped: {} });
    expect(clusters().map((one) => `${one.kind} ${one.pattern}`)).toEqual(['status status', ...found]);
    if (shown !== null) {
      expect(clusters()[1]!.examples[0]!.mismatches[1]!.service).toEqual(expect.stringContaining(shown));
    }
    expect(events).toEqual([]);
  });
});

describe('legacy asked twice', () => {
  it('shows what it differs in from itself, and by how much', async () => {
    const { comparer, counted, batches } = startComparer();
    const answer = (at: string, load: number) => json({ at, load, id: 7 });
    const [first, second] = [answer('2024-01-31T10:00:00Z', 100), answer('2024-01-31T10:00:02Z', 90)];
    comparer.compare(pair(first, answer('2024-01-31T10:00:01Z', 100), { again: second }));
    comparer.compare(pair(first, first, { again: answer('2024-01-31T10:00:01Z', 105) }));
    const tally = await counted(2);
    expect(tally).toMatchObject({ compared: 2, matched: 1, pairs: 2 });
    const differing = batches.flatMap(({ tallies }) => tallies).map(({ noise }) => noise.differing);
    const at = differing.flatMap((one) => one['value $.at'] ?? []);
    const load = differing.flatMap((one) => one['value $.load'] ?? []);
    expect(at.reduce((sum, { count }) => sum + count, 0)).toBe(2);
    expect(Math.max(...at.map(({ milliseconds }) => milliseconds!))).toBe(2_000);
    expect(Math.max(...load.map(({ distance }) => distance!))).toBe(10);
    expect(Math.max(...load.map(({ percent }) => percent!))).toBe(10);
  });

  it('is counted as noise alone while nothing else is asked', async () => {
    const { comparer, until, tally } = startComparer();
    comparer.compare(pair(json({ a: 1 }), null, { again: json({ a: 2 }) }));
    comparer.compare(pair(json({ a: 1 }), null, { again: json({ a: 1 }, { status: 500 }) }));
    await until(() => tally().pairs === 1);
    expect(tally()).toMatchObject({ eligible: 0, compared: 0, pairs: 1 });
  });
});

describe('the second look', () => {
  const settings = settingsOf(shadowedRoute(shadowed({ confirm: 2_000 })));
  const differing = (look: ReturnType<typeof lookThat>) => pair(json({ a: 1 }), json({ a: 2 }), { look });

  it('tells what stays from what was a race, and from what legacy differs in by itself', async () => {
    const { comparer, counted, clusters } = startComparer(settings);
    const stays = lookThat(() => ({ legacy: json({ a: 1 }), service: json({ a: 2 }) }));
    const goes = lookThat(() => ({ legacy: json({ a: 2 }), service: json({ a: 2 }) }));
    const noisy = lookThat(() => ({ legacy: json({ a: 3 }), service: json({ a: 4 }) }));
    for (const look of [stays, goes, noisy]) comparer.compare(differing(look));
    expect(await counted(3)).toMatchObject({ compared: 3, matched: 2, matchedLater: 2 });
    expect(clusters()).toMatchObject([{ pattern: '$.a', count: 1, persistent: 1, race: 1, noise: 1 }]);
    expect(stays.asked).toEqual([{ delay: 2_000, path: null }]);
  });

  it('leaves a mismatch a mismatch when there is no second answer', async () => {
    const { comparer, counted, clusters } = startComparer(settings);
    comparer.compare(differing(lookThat(() => null)));
    comparer.compare(differing(lookThat(() => ({ legacy: json({}, { status: 500 }), service: json({ a: 2 }) }))));
    expect(await counted(2)).toMatchObject({ compared: 2, matched: 0, matchedLater: 0 });
    expect(clusters()).toMatchObject([{ count: 2, persistent: 0, race: 0, noise: 0 }]);
  });

  it('does not take another mismatch for the end of the first', async () => {
    const { comparer, counted, clusters } = startComparer(settings);
    comparer.compare(differing(lookThat(() => ({ legacy: json({ a: 1 }), service: json({ a: 1, b: 2 }) }))));
    expect(await counted(1)).toMatchObject({ compared: 1, matched: 0 });
    expect(clusters()).toMatchObject([
      { pattern: '$.a', count: 0, race: 1 },
      { pattern: '$.b', count: 1, persistent: 0 },
    ]);
  });

  it('asks nobody about what matched, and not about what is not a GET', async () => {
    const { comparer, counted } = startComparer(settings);
    const look = lookThat(() => null);
    comparer.compare(pair(json(1), json(1), { look }));
    comparer.compare(pair(json(1), json(2), { look, method: 'POST' }));
    await counted(2);
    expect(look.asked).toEqual([]);
  });

  it('counts what waits for it by what is known, when the comparer closes', async () => {
    const { comparer, tally } = startComparer(settings);
    let asked = (): void => {};
    const hasAsked = new Promise<void>((resolve) => {
      asked = resolve;
    });
    comparer.compare({ ...differing(lookThat(() => null)), look: { ask: () => asked() } });
    await hasAsked;
    await comparer.close();
    expect(tally()).toMatchObject({ eligible: 1, compared: 1, matched: 0 });
  });

  it('holds only so many at a time; the others are mismatches that were seen once', async () => {
    const { comparer, tally, clusters } = startComparer(settings);
    for (let i = 0; i < 300; i++) comparer.compare({ ...differing(lookThat(() => null)), look: { ask: () => {} } });
    await comparer.close();
    expect(tally()).toMatchObject({ eligible: 300, compared: 300 });
    expect(clusters()[0]).toMatchObject({ count: 300 });
  });
});

describe('reading back', () => {
  const readback = (get: string, within = 5_000) =>
    settingsOf(
      shadowedRoute(shadowed({ writes: { mode: 'readback', get, within } }), {
        matches: [{ methods: ['POST'], path: '/shops/:shop/orders', host: null, headers: [], query: [] }],
      }),
    );
  const written = (look: ReturnType<typeof lookThat>, body: unknown = { id: 'a/b 1' }) =>
    pair(json(body, { status: 201 }), null, {
      look,
      method: 'POST',
      url: '/shops/7/orders',
      requestBody: [Buffer.from('{}')],
    });

  it('asks for what legacy answered and the match bound, until both agree', async () => {
    const { comparer, counted } = startComparer(readback('/shops/:shop/orders/{id}?full=1'));
    const look = lookThat((time) => ({ legacy: json({ total: 5 }), service: json({ total: time < 2 ? 4 : 5 }) }));
    comparer.compare(written(look));
    expect(await counted(1)).toMatchObject({ compared: 1, matched: 1, matchedLater: 1 });
    expect(look.asked.map(({ path }) => path)).toEqual(Array(3).fill('/shops/7/orders/a%2Fb%201?full=1'));
    const delays = look.asked.map(({ delay }) => delay);
    expect(delays[0]).toBe(200);
    expect(delays[1]!).toBeGreaterThan(delays[0]!);
    expect(delays[2]!).toBeGreaterThan(delays[1]!);
  });

  it('takes the last answer when they never do', async () => {
    const { comparer, counted, clusters } = startComparer(readback('/orders/{id}', 60));
    const look = lookThat(() => ({ legacy: json({ total: 5 }), service: json({ total: 4 }) }));
    comparer.compare(written(look));
    expect(await counted(1)).toMatchObject({ compared: 1, matched: 0 });
    expect(clusters()).toMatchObject([{ pattern: '$.total', count: 1 }]);
    expect(look.asked.length).toBeGreaterThan(0);
  });

  it('names what gave it no path', async () => {
    const { comparer, counted, events } = startComparer(readback('/orders/{id}'));
    for (const body of [{}, { id: '..' }, { id: null }, 'text'])
      comparer.compare(
        written(
          lookThat(() => null),
          body,
        ),
      );
    expect((await counted(4)).skipped).toEqual({ 'compare-failed': 4 });
    expect(events).toMatchObject([{ type: 'compare.failed', route: 'r', rule: 'readback /orders/{id}' }]);
  });

  it('ends, and says so, where nobody can be asked', async () => {
    const { comparer, counted } = startComparer(readback('/orders/{id}', 3_600_000));
    comparer.compare({ ...written(lookThat(() => null)), look: { ask: (_delay, _path, told) => told(null) } });
    comparer.compare({
      ...written(lookThat(() => null)),
      look: { ask: (_d, _p, told) => told(null, 'service-failed') },
    });
    expect(await counted(2)).toMatchObject({ compared: 0, serviceFailed: 1, skipped: { 'legacy-busy': 1 } });
  });
});
