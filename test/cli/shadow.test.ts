import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Folder, ordersFolder } from './strangler.ts';

/** No proxy runs here: the commands speak to the state. */
const routes = `  - id: order-read
    match: GET /api/orders/:id
    service: orders
    percent: 0
    shadow: 5   # few
  - id: order-write
    match: POST /api/orders
    service: orders
    percent: 100
    shadow:
      percent: 0
      methods: [POST]
      writes: { readback: { get: '/api/orders/{id}' } }
  - id: order-list
    match: GET /api/orders
    service: orders
    percent: 100
  - id: order-plain
    match: PUT /api/orders
    service: orders
    percent: 0
  - id: order-old
    match: GET /old
    service: orders
    legacy: retired
`;

let f: Folder;
let text: string;

beforeEach(async () => {
  ({ f, text } = await ordersFolder(routes));
});

afterEach(() => f.remove());

async function shadows(): Promise<Record<string, number>> {
  const { out } = await f.run('status', '--json');
  const { routes } = JSON.parse(out) as { routes: { id: string; shadow: number }[] };
  return Object.fromEntries(routes.map(({ id, shadow }) => [id, shadow]));
}

describe('explain and validate', () => {
  it('tell of shadows', async () => {
    const { out } = await f.run('explain', 'GET', '/api/orders/1');
    expect(out).toMatch(/^shadow +5 % of requests, copies go to orders$/m);
    expect((await f.run('validate')).out).toBe('routes.yaml is valid: 5 routes (1 shadowed), 1 service\n');
  });
});

describe('shadow', () => {
  it('shows before and after, what will happen and how to settle the file, and leaves callers where they are', async () => {
    const { code, out } = await f.run('shadow', 'order-read', '50', '--reason', 'more of them');
    expect(code).toBe(0);
    expect(out.trimEnd().split('\n')).toEqual([
      'order-read  5 %  →  50 %  stays shadow',
      'copies go to orders at http://127.0.0.1:2, GET and HEAD only',
      'routes.yaml still declares 5 % for order-read; to make it say the same: strangler shadow order-read 50 --write',
    ]);
    expect(await shadows()).toMatchObject({ 'order-read': 50, 'order-list': 0 });
    const history = JSON.parse((await f.run('history', 'order-read', '--json', '--limit', '1')).out);
    expect(history).toEqual([
      expect.objectContaining({
        what: 'shadow',
        from: 5,
        to: 50,
        source: 'shift',
        who: 'ada@ops',
        reason: 'more of them',
      }),
    ]);
  });

  it('is off again by a word', async () => {
    const { code, out } = await f.run('shadow', 'order-read', 'off');
    expect(code).toBe(0);
    expect(out).toMatch(/^order-read +5 % +→ +0 % +shadow → legacy\nnothing is copied any more\n/);
    expect(await shadows()).toMatchObject({ 'order-read': 0 });
  });

  it('says that legacy is asked where the service answers', async () => {
    const { out } = await f.run('shadow', 'order-list', '10');
    expect(out).toContain('copies go to legacy at http://127.0.0.1:1, GET and HEAD only');
  });

  it('says what becomes of writes', async () => {
    const { out: whileServiceAnswers } = await f.run('shadow', 'order-write', '10');
    expect(whileServiceAnswers).toContain('POST: not copied while orders answers');
    await f.run('shift', 'order-write', '0');
    const { out } = await f.run('shadow', 'order-write', '20');
    expect(out).toContain('POST: not copied; GET /api/orders/{id} is compared on both sides afterwards');
  });

  it('says that nothing is copied where the route takes none of the methods', async () => {
    const { out } = await f.run('shadow', 'order-plain', '10');
    expect(out).toContain('nothing is copied: the route takes no GET, no HEAD');
  });

  it('says that neither side is always the one who answers in a split', async () => {
    await f.run('shift', 'order-read', '25');
    const { out } = await f.run('shadow', 'order-read', '10');
    expect(out).toContain('copies go to whichever of legacy and orders does not answer the caller');
  });

  it('with --write changes one value of the file and leaves nothing to settle', async () => {
    const { code, err } = await f.run('shadow', 'order-read', '25', '--write');
    expect([code, err]).toEqual([0, 'routes.yaml says 25 % too\n']);
    expect(await f.read()).toBe(text.replace('shadow: 5   # few', 'shadow: 25   # few'));
    const { out } = await f.run('status', '--json');
    expect(JSON.parse(out).routes[0]).toMatchObject({ shadow: 25, shadowDeclared: 25, settleShadow: null });
  });

  it('moves the routes of a service together, but for the retired ones, when they stand together', async () => {
    const refused = await f.run('shadow', 'orders', '50');
    expect(refused.code).toBe(1);
    expect(refused.err).toMatch(/order-read +5 %[\s\S]*order-write +0 %[\s\S]*--all-routes/);
    expect(await shadows()).toMatchObject({ 'order-read': 5 });
    expect((await f.run('shadow', 'orders', '50', '--all-routes')).code).toBe(0);
    expect(await shadows()).toEqual({
      'order-read': 50,
      'order-write': 50,
      'order-list': 50,
      'order-plain': 50,
      'order-old': 0,
    });
  });

  it('refuses a retired route, and asks whether another name was meant', async () => {
    const retired = await f.run('shadow', 'order-old', '5');
    expect([retired.code, retired.err]).toEqual([1, expect.stringContaining('legacy: retired')]);
    const mistyped = await f.run('shadow', 'order-raed', '5');
    expect([mistyped.code, mistyped.err]).toEqual([1, expect.stringContaining('did you mean "order-read"?')]);
  });

  it.each([['101'], ['on'], ['5.123'], ['']])('takes %j for wrong usage', async (percent) => {
    const { code, err } = await f.run('shadow', 'order-read', '--', percent);
    expect([code, err]).toEqual([2, expect.stringContaining('or off')]);
  });
});
