import { once } from 'node:events';
import { type ClientHttp2Session, connect, constants } from 'node:http2';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCertificate } from '../support/certificate.ts';
import { route, settingsFor, startProxy, type TestProxy, targetSettings } from '../support/proxy.ts';
import { RawTarget } from '../support/raw-target.ts';
import { eventually } from '../target/wire/fixture.ts';

let legacy: RawTarget;
let service: RawTarget;
let proxy: TestProxy;
let session: ClientHttp2Session;

beforeAll(async () => {
  const certificate = await createCertificate();
  legacy = await RawTarget.start();
  service = await RawTarget.start(() => {});
  const retry = { attempts: 2, backoff: { first: 5, longest: 20 }, budget: 20, floor: 3, methods: ['GET'], on: [503] };
  const circuit = { failures: 2, rate: 50, window: 10_000, volume: 20, reset: 60_000 };
  const bulkhead = { concurrent: 2, queue: 1, wait: 60_000 };
  const settings = settingsFor(legacy.port, {
    listen: { tls: certificate },
    services: [
      targetSettings('narrow', service.port, { bulkhead }),
      targetSettings('failing', service.port, { circuit }),
      targetSettings('limping', service.port, { retry }),
    ],
    routes: [
      route('narrow', 'narrow', { path: '/narrow', fallback: null }),
      route('failing', 'failing', { path: '/failing', fallback: { on: [502] } }),
      route('limping', 'limping', { path: '/limping', fallback: null }),
    ],
  });
  proxy = await startProxy(settings);
  session = connect(proxy.url, { ca: certificate.cert });
  await once(session, 'connect');
});

afterAll(async () => {
  session.destroy();
  await proxy.close();
  await legacy.close();
  await service.close();
});

async function ask(path: string, body = ''): Promise<{ status: unknown; error: unknown; body: string }> {
  const stream = session.request(
    { ':path': path, ':method': body === '' ? 'GET' : 'POST' },
    { endStream: body === '' },
  );
  if (body !== '') stream.end(body);
  const [headers] = await once(stream, 'response');
  stream.setEncoding('utf8');
  let text = '';
  for await (const chunk of stream) text += chunk;
  return { status: headers[':status'], error: headers['x-strangler-error'], body: text };
}

describe('over HTTP/2 too', () => {
  it('a bulkhead counts streams, and a stream that is reset is out of its queue', async () => {
    const streams = [];
    for (let i = 0; i < 2; i++) {
      streams.push(session.request({ ':path': '/narrow' }));
      await service.exchange(i);
    }
    const queued = session.request({ ':path': '/narrow' });
    await eventually(() => proxy.proxy.inFlight() === 3);
    expect(await ask('/narrow')).toMatchObject({ status: 503, error: 'target-busy' });

    queued.close(constants.NGHTTP2_CANCEL);
    await eventually(() => proxy.proxy.inFlight() === 2);
    const next = session.request({ ':path': '/narrow' });
    await eventually(() => proxy.proxy.inFlight() === 3);
    service.exchanges[0]!.reply(200, 'one');

    await service.exchange(2);
    for (const stream of [...streams, next]) stream.close(constants.NGHTTP2_CANCEL);
    await eventually(() => proxy.proxy.inFlight() === 0);
  });

  it('legacy answers at once what an open circuit refuses, with its body', async () => {
    service.handler = (exchange) => exchange.reply(500, 'oh');
    for (let i = 0; i < 2; i++) expect(await ask('/failing')).toMatchObject({ status: 500 });
    const asked = service.exchanges.length;

    expect(await ask('/failing', 'hello')).toMatchObject({ status: 200, body: 'ok' });

    expect(service.exchanges).toHaveLength(asked);
    expect(await legacy.exchanges.at(-1)!.body()).toEqual(Buffer.from('hello'));
  });

  it('a retry brings the good answer, and only that', async () => {
    let failures = 1;
    service.handler = (exchange) => (failures-- > 0 ? exchange.reply(503, 'no') : exchange.reply(200, 'well'));

    expect(await ask('/limping')).toMatchObject({ status: 200, body: 'well' });
  });
});
