import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { HeaderLines } from '../../src/domain/header-lines.ts';
import { json, pair, seen, settingsOf, shadowed, shadowedRoute, startComparer, type TestComparer } from './pairs.ts';

function start(): TestComparer {
  const settings = {
    ...settingsOf(shadowedRoute(shadowed({}, { headers: ['x-note', 'x-internal'] }))),
    redact: { headers: ['x-internal', 'x-pin'], paths: ['$.customer.name', '$..notes', '$.lines[*].gift', '$.vault'] },
  };
  return startComparer(settings);
}

/** Secrets of every kind, each different from time to time, as they would be written. */
const words = fc.stringMatching(/^[a-z]{4}[0-9]{4}$/).map((text) => `s3cr-${text}-x`);
const digits = fc.noBias(fc.stringMatching(/^4\d{14}$/));
const cards = digits.map((start) => [...'0123456789'].map((digit) => start + digit).find(holdsLuhn)!);
const grouped = cards.map((card) => card.replace(/(\d{4})(?=\d)/g, '$1 '));
const emails = fc.tuple(words, fc.domain()).map(([name, domain]) => `${name}@${domain}`);
const keys = fc
  .noBias(fc.uint8Array({ minLength: 24, maxLength: 40 }))
  .map((bytes) => Buffer.from(bytes).toString('base64url'));

function holdsLuhn(card: string): boolean {
  const sum = [...card].reverse().reduce((total, digit, i) => {
    const weighed = Number(digit) * (1 + (i % 2));
    return total + (weighed > 9 ? weighed - 9 : weighed);
  }, 0);
  return sum % 10 === 0;
}

const secrets = fc.record({
  password: words,
  cookie: words,
  session: words,
  header: words,
  name: words,
  notes: words,
  gift: words,
  query: words,
  card: cards,
  spaced: grouped,
  email: emails,
  key: keys,
  other: keys,
  pin: fc.stringMatching(/^[g-z][0-9][g-z][0-9]$/),
  field: fc.stringMatching(/^[a-z]{9}$/).map((text) => `fld_${text}`),
  account: words,
});
type Secrets = typeof secrets extends fc.Arbitrary<infer T> ? T : never;

/** `session` is known for a secret by the cookie that carried it, and the PIN by a header. */
const document = (s: Secrets, total: number, session: string, pin: string): object => ({
  orderNumber: 'ORD-2024-000123',
  total,
  placedAt: '2024-01-31T10:00:00.000Z',
  id: '550e8400-e29b-41d4-a716-446655440000',
  customer: { name: s.name, email: s.email, login: { password: s.password }, [s.email]: 1 },
  payment: { number: s.spaced, raw: Number(s.card), reference: s.key },
  lines: [{ sku: 'SKU-1001', gift: { text: s.gift } }, { notes: [s.notes] }],
  log: `login of ${s.email} with card ${s.card} and password=${s.password}, then ${s.key}`,
  nested: JSON.stringify({ apiKey: s.header, mail: s.email }),
  link: `https://shop.example/reset/${s.key}?access_token=${s.query}&to=${encodeURIComponent(s.email)}`,
  echo: `the session was ${session}, PIN: ${pin}, pin ${pin}`,
  vault: { [s.account]: { [s.field]: true }, [s.card]: { [s.email]: 1, open: [s.account, { [s.field]: s.pin }] } },
  accounts: { [s.account]: total, list: [`of ${s.account}`, pin] },
});

const requestHeaders = (s: Secrets): HeaderLines => [
  ...['Host', 'shop.example'],
  ...['Authorization', `Bearer ${s.key}`],
  ...['Cookie', `session=${s.session}; theme=dark`],
  ...['X-Api-Key', s.header],
  ...['X-Note', `from ${s.email}`],
  ...['X-Internal', s.name],
  ...['X-Pin', s.pin],
];

const answerHeaders = (s: Secrets): HeaderLines => [
  ...['Content-Type', 'application/json'],
  ...['Set-Cookie', `session=${s.cookie}; Path=/; HttpOnly`],
  ...['Location', `/login?token=${s.query}`],
  ...['X-Note', `for ${s.email} ${s.card}`],
  ...['X-Internal', s.header],
];

describe('what leaves the comparer', () => {
  it('holds none of the secrets that were in requests and answers, and what makes it worth reading', async () => {
    const { comparer, batches, counted } = start();
    let given = 0;
    await fc.assert(
      fc.asyncProperty(secrets, secrets, async (one, other) => {
        const legacy = { ...json(document(one, 12.5, one.session, one.pin)), headers: answerHeaders(one) };
        const service = {
          ...json({ ...document(other, 12.51, one.session, one.pin), extra: { [other.key]: other.email } }),
          headers: answerHeaders(other),
        };
        const more = {
          url: `/orders/${one.email}/${one.pin}/${one.account}?pin2=${one.pin}&token=${one.query}&card=${one.spaced.replaceAll(' ', '+')}&page=2`,
          headers: requestHeaders(one),
          requestBody: [Buffer.from(JSON.stringify(document(other, 1, one.session, one.pin)))],
        };
        const form = ['Content-Type', 'application/x-www-form-urlencoded'];
        const html = { headers: ['Content-Type', 'text/html'] };
        const text = (s: Secrets): string =>
          `<form data-pin="${s.pin}"><a href="/accounts/${s.pin}/x">${s.pin}</a><input name="csrf_token" value="${s.cookie}"></form>\n<p>${s.email} ${s.spaced}</p>\n<b>Password: ${s.password}</b>`;
        const before = batches.length;
        comparer.compare(pair(legacy, service, { ...more, again: service }));
        comparer.compare(
          pair(seen(text(one), html), seen(text(other), html), {
            ...more,
            // What an answer in JSON gives away by its place is no secret where there is none.
            url: more.url.replace(one.account, ''),
            headers: [...requestHeaders(one), ...form],
            requestBody: [
              Buffer.from(`user=bob&password=${one.password}&card=${one.card}&mail=${encodeURIComponent(one.email)}`),
            ],
          }),
        );
        given += 2;
        await counted(given);
        const told = JSON.stringify(batches.slice(before));
        for (const [name, secret] of [...Object.entries(one), ...Object.entries(other)]) {
          expect(told.includes(secret), `${name}: ${secret}`).toBe(false);
        }
      }),
      { numRuns: 40, endOnFailure: true },
    );
    const told = JSON.stringify(batches);
    for (const kept of [
      'ORD-2024-000123',
      '12.51',
      '2024-01-31T10:00:00.000Z',
      '550e8400-e29b-41d4-a716-446655440000',
      'SKU-1001',
      'page=2',
    ]) {
      expect(told).toContain(kept);
    }
  });

  it('keeps no body that is not what it says, and none that is no text', async () => {
    const { comparer, clusters, counted } = start();
    const broken = json({}, { body: [Buffer.from('{"password": "hunter2"')] });
    comparer.compare(
      pair(broken, json({ a: 1 }), { headers: ['Content-Type', 'application/json'], requestBody: broken.body }),
    );
    comparer.compare(
      pair(seen('PK\u0003', { headers: ['Content-Type', 'application/zip'], status: 201 }), json({ a: 1 })),
    );
    await counted(2);
    const examples = clusters().flatMap((cluster) => cluster.examples);
    const [first] = examples.filter(({ legacy }) => legacy.status === 200);
    const [second] = examples.filter(({ legacy }) => legacy.status === 201);
    expect(first).toMatchObject({ request: { body: null }, legacy: { body: null, left: 'unparsable' } });
    expect(second).toMatchObject({ legacy: { body: null, left: 'not-text' } });
  });

  it.each([
    ['that is cut off', ['Content-Type', 'application/json'], '{"customer":{"name":"Ada Lovelace"},"at":'],
    ['that is served as HTML', ['Content-Type', 'text/html'], '{"customer":{"name":"Ada Lovelace"},"at":1}'],
    ['that says nothing of its type', [], '{"customer":{"name":"Ada Lovelace"},"at":1}'],
  ])('finds the configured places in JSON %s, or keeps nothing of it', async (_, headers, text) => {
    const { comparer, batches, counted } = start();
    for (const other of [seen('x', { headers }), seen(text.replace('{', '{"b":1,'), { headers }), json({ a: 1 })]) {
      comparer.compare(pair(seen(text, { headers }), other));
      comparer.compare(pair(other, seen(text, { headers })));
    }
    expect((await counted(6)).matched).toBe(0);
    expect(JSON.stringify(batches)).not.toContain('Ada');
  });

  it('gives nothing away of a value that is cut in the middle', async () => {
    const { comparer, batches, counted } = start();
    for (let before = 200; before <= 280; before += 4) {
      const text = `${'word '.repeat(60).slice(0, before)} 4111 1111 1111 1111 ada.lovelace@example.com`;
      comparer.compare(pair(json({ text }), json({ text: 'x', list: [{ text }] })));
      comparer.compare(pair(seen(text), seen('x')));
    }
    await counted(42);
    const told = JSON.stringify(batches);
    for (const part of ['4111', 'ada', 'lovelace']) expect(told).not.toContain(part);
    expect(told).toContain('word word');
  });

  it('keeps the beginning of a long body, and says that it does', async () => {
    const { comparer, clusters, counted } = start();
    const long = (last: number) => json({ text: '😀 '.repeat(20_000), last });
    comparer.compare(pair(long(1), long(2)));
    await counted(1);
    const [example] = clusters().flatMap((cluster) => cluster.examples);
    expect(example!.legacy.left).toBe('cut');
    expect(example!.legacy.body!.length).toBeLessThanOrEqual(16 * 1024);
    // Half of a character would not come back as it was.
    expect(Buffer.from(example!.legacy.body!).toString()).toBe(example!.legacy.body);
  });
});
