import { once } from 'node:events';
import { type ClientHttp2Session, connect } from 'node:http2';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createCertificate } from '../support/certificate.ts';
import { route, settingsFor, startProxy, type TestProxy, targetSettings } from '../support/proxy.ts';
import { publishing, type TestPublishing, telling } from '../support/publishing.ts';
import { type Exchange, RawTarget } from '../support/raw-target.ts';

let legacy: RawTarget;
let proxy: TestProxy;
let given: TestPublishing;
let session: ClientHttp2Session;

beforeAll(async () => {
  const certificate = await createCertificate();
  given = publishing();
  legacy = await RawTarget.start();
  const publish = [telling({ key: { from: 'request', steps: ['n'] }, data: [] })];
  const settings = settingsFor(legacy.port, {
    listen: { tls: certificate },
    services: [targetSettings('orders', legacy.port)],
    routes: [route('order', 'orders', { path: '/orders/*', percent: 0, publish })],
  });
  proxy = await startProxy(settings, [], () => null, given.publisher);
  session = connect(proxy.url, { ca: certificate.cert });
  await once(session, 'connect');
});

afterAll(async () => {
  session.destroy();
  await proxy.close();
  await legacy.close();
});

function send(body: string) {
  const stream = session.request({ ':method': 'POST', ':path': '/orders/1' });
  stream.end(body);
  return stream;
}

it('tells of a write by HTTP/2, and gives its caller the same answer', async () => {
  legacy.handler = (exchange) => exchange.reply(201, 'made', ['X-Made: yes']);
  const stream = send('{"n":1}');
  const [headers] = await once(stream, 'response');
  expect(headers).toMatchObject({ ':status': 201, 'x-made': 'yes' });
  stream.setEncoding('utf8');
  let text = '';
  for await (const piece of stream) text += piece;
  expect(text).toBe('made');
  expect(await given.recorded()).toMatchObject([{ subject: '1', data: {} }]);
});

it('tells of one whose stream its caller has reset', async () => {
  const before = (await given.recorded()).length;
  const arrived = new Promise<Exchange>((resolve) => {
    legacy.handler = resolve;
  });
  const stream = send('{"n":2}');
  stream.on('error', () => {});
  const exchange = await arrived;
  await exchange.body();
  stream.close(8);
  await once(stream, 'close');
  // What is answered on the same session has come behind the reset.
  legacy.handler = (each) => each.reply(200);
  const other = session.request({ ':path': '/elsewhere' });
  other.resume();
  await once(other, 'close');
  exchange.reply(201, 'late');
  await expect.poll(async () => (await given.recorded()).slice(before)).toMatchObject([{ subject: '2' }]);
  await expect.poll(() => proxy.proxy.inFlight()).toBe(0);
});
